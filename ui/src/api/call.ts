// The one way to Rust. Answers are typed by commands.ts; failures arrive as ApiError.

import { invoke } from "@tauri-apps/api/core";
import type { ApiError } from "./bindings/ApiError";

export type Transport = (name: string, args?: Record<string, unknown>) => Promise<unknown>;

let transport: Transport = invoke;

/** Puts a stand-in in the place of Rust, for tests. */
export function useTransport(other: Transport): void {
  transport = other;
}

export async function call<T>(name: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return (await transport(name, args && wellFormed(args))) as T;
  } catch (problem) {
    throw asApiError(problem);
  }
}

/**
 * Half a surrogate pair is no character and cannot cross to Rust, so it becomes U+FFFD. JSON writes
 * nothing else as an escape of that range (ECMA-262, QuoteJSONString).
 */
function wellFormed(args: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(args);
  if (!/\\ud[89a-f]/i.test(text)) return args;
  const mended = text.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/gi, (it) =>
    it.length === 2 ? it : "\ufffd",
  );
  return JSON.parse(mended);
}

export function isApiError(problem: unknown): problem is ApiError {
  return typeof problem === "object" && problem !== null && "code" in problem && "hint" in problem;
}

/** Anything else than an ApiError is a fault of ours; it keeps its words as details. */
export function asApiError(problem: unknown): ApiError {
  if (isApiError(problem)) return problem;
  return {
    code: "internal",
    message: "Something went wrong in Retropress",
    cause: "",
    hint: "Try again. What you typed is still here.",
    retryable: true,
    field: null,
    details: problem instanceof Error ? problem.message : String(problem),
  };
}
