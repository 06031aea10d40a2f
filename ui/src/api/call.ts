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
    return (await transport(name, args)) as T;
  } catch (problem) {
    throw asApiError(problem);
  }
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
