// An OAuth server for the tests of signing in: oidc-provider, which rotates refresh tokens, takes
// back everything when a used one comes again, compares the redirect URL to the letter and wants the
// client secret and PKCE.
//
//   node server.js <redirect URL> <client id> <client secret>
//
// prints its address once it listens on a port of the system's choice, and ends with its standard
// input. It answers at Atlassian's paths, and with so much of Confluence as a sign-in asks for.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirectUrl, clientId, clientSecret] = process.argv.slice(2);

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const address = `http://localhost:${server.address().port}`;

const scopes = [
  "read:space:confluence",
  "read:page:confluence",
  "write:page:confluence",
  "delete:page:confluence",
  "read:attachment:confluence",
  "write:confluence-file",
  "read:confluence-user",
];

const provider = new Provider(address, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  scopes: [...scopes, "offline_access"],
  routes: { authorization: "/authorize", token: "/oauth/token" },
  pkce: { methods: ["S256"], required: () => true },
  rotateRefreshToken: true,
  cookies: { keys: ["of a server that lives as long as a test"] },
  ttl: { AccessToken: 3600, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600 },
});

const confluence = {
  "/oauth/token/accessible-resources": [
    { id: "c-1", name: "harbour", url: address, scopes },
    { id: "c-1", name: "harbour", url: address, scopes: ["read:me"] },
  ],
  "/ex/confluence/c-1/wiki/rest/api/user/current": {
    accountId: "712020:1",
    displayName: "Ines Okafor",
  },
  "/ex/confluence/c-1/wiki/api/v2/spaces": {
    results: [
      { id: "7", key: "PAY", name: "Payments Platform", type: "global", homepageId: "8" },
    ],
    _links: {},
  },
};

provider.use(async (ctx, next) => {
  const answer = confluence[ctx.path];
  if (!answer) return next();
  const bearer = (ctx.get("authorization") || "").replace(/^Bearer /, "");
  const token = await provider.AccessToken.find(bearer);
  if (!token?.isValid) {
    ctx.status = 401;
    ctx.body = { code: 401, message: "Unauthorized" };
    return;
  }
  ctx.body = answer;
});

server.on("request", provider.callback());
process.stdin.on("end", () => process.exit(0)).resume();
console.log(address);
