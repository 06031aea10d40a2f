// What can be done to a health check. Each function takes one and answers the changed one; parts
// that did not change are the same objects, and where nothing changes the answer is the argument.

import type { Comment } from "../../api/bindings/Comment";
import type { DimensionResult } from "../../api/bindings/DimensionResult";
import type { HealthCheck } from "../../api/bindings/HealthCheck";
import type { Model } from "../../api/bindings/Model";
import { answers, asCount } from "../draft/average";
import {
  moveBefore,
  moveBy,
  newId,
  patch,
  putBack,
  type Removed,
  remove,
  replace,
  withFields,
} from "../draft/list";

/** Sets how many chose a step of the scale, counted from 1. */
export function setResponses(
  check: HealthCheck,
  dimensionId: string,
  step: number,
  count: number,
): HealthCheck {
  if (step < 1 || step > check.scale.length) return check;
  return changeDimension(check, dimensionId, (dimension) => {
    const responses = check.scale.map((_, index) => dimension.responses[index] ?? 0);
    const kept = asCount(count);
    if (responses[step - 1] === kept) return dimension;
    responses[step - 1] = kept;
    return { ...dimension, responses };
  });
}

export function addDimension(check: HealthCheck, name: string, id = newId()): HealthCheck {
  const dimension: DimensionResult = {
    id,
    name,
    statement: "",
    responses: check.scale.map(() => 0),
    comments: [],
  };
  return { ...check, dimensions: [...check.dimensions, dimension] };
}

/** Changes its name or statement. */
export function describeDimension(
  check: HealthCheck,
  id: string,
  fields: Partial<DimensionResult>,
): HealthCheck {
  return withDimensions(check, patch(check.dimensions, id, fields));
}

export function moveDimension(check: HealthCheck, id: string, by: number): HealthCheck {
  return withDimensions(check, moveBy(check.dimensions, id, by));
}

export function moveDimensionBefore(
  check: HealthCheck,
  id: string,
  before: string | null,
): HealthCheck {
  return withDimensions(check, moveBefore(check.dimensions, id, before));
}

/** Removes a dimension. Its actions stay, as actions of the whole check. */
export function deleteDimension(
  check: HealthCheck,
  id: string,
): [HealthCheck, RemovedDimension | null] {
  const [dimensions, removed] = remove(check.dimensions, id);
  if (removed === null) return [check, null];
  const actionIds = check.actions.filter((it) => it.dimensionId === id).map((it) => it.id);
  return [freeActions({ ...check, dimensions }), { ...removed, actionIds }];
}

export interface RemovedDimension extends Removed<DimensionResult> {
  /** Actions that belonged to it. */
  actionIds: string[];
}

export function putDimensionBack(check: HealthCheck, removed: RemovedDimension): HealthCheck {
  const dimensions = putBack(check.dimensions, removed);
  if (dimensions === check.dimensions) return check;
  const own = new Set(removed.actionIds);
  const actions = check.actions.map((it) =>
    own.has(it.id) && it.dimensionId === null ? { ...it, dimensionId: removed.item.id } : it,
  );
  return { ...check, dimensions, actions };
}

// ---------------------------------------------------------------- Comments

export function addComment(check: HealthCheck, dimensionId: string, comment: Comment): HealthCheck {
  return changeDimension(check, dimensionId, (it) => ({
    ...it,
    comments: [...it.comments, comment],
  }));
}

export function changeComment(
  check: HealthCheck,
  dimensionId: string,
  commentId: string,
  fields: Partial<Comment>,
): HealthCheck {
  return changeDimension(check, dimensionId, (it) =>
    withFields(it, { comments: patch(it.comments, commentId, fields) }),
  );
}

export function deleteComment(
  check: HealthCheck,
  dimensionId: string,
  commentId: string,
): [HealthCheck, Removed<Comment> | null] {
  const dimension = check.dimensions.find((it) => it.id === dimensionId);
  if (dimension === undefined) return [check, null];
  const [comments, removed] = remove(dimension.comments, commentId);
  return [changeDimension(check, dimensionId, (it) => withFields(it, { comments })), removed];
}

export function putCommentBack(
  check: HealthCheck,
  dimensionId: string,
  removed: Removed<Comment>,
): HealthCheck {
  return changeDimension(check, dimensionId, (it) =>
    withFields(it, { comments: putBack(it.comments, removed) }),
  );
}

// ------------------------------------------------------------------ Models

/** What would be lost with another model: dimensions with answers or comments it does not have. */
export function lostWith(check: HealthCheck, model: Model): DimensionResult[] {
  const kept = new Set(keepsAnswers(check, model) ? model.dimensions.map((it) => it.id) : []);
  const inModel = new Set(model.dimensions.map((it) => it.id));
  return check.dimensions.filter((it) => {
    const answersLost = answers(it.responses) > 0 && !kept.has(it.id);
    const commentsLost = it.comments.length > 0 && !inModel.has(it.id);
    return answersLost || commentsLost;
  });
}

/**
 * Takes over another model. Dimensions that are in both keep their comments, and their answers if
 * the scale has as many steps; actions of the others become actions of the whole check.
 */
export function applyModel(check: HealthCheck, model: Model): HealthCheck {
  const before = new Map(check.dimensions.map((it) => [it.id, it]));
  const keep = keepsAnswers(check, model);
  const dimensions = model.dimensions.map((it): DimensionResult => {
    const old = before.get(it.id);
    return {
      id: it.id,
      name: it.name,
      statement: it.statement,
      responses: model.scale.map((_, index) => (keep ? (old?.responses[index] ?? 0) : 0)),
      comments: old?.comments ?? [],
    };
  });
  return freeActions({
    ...check,
    modelId: model.id,
    modelName: model.name,
    scale: [...model.scale],
    dimensions,
  });
}

/** The check's dimensions and scale as a model of its own. */
export function asModel(check: HealthCheck, name: string): Model {
  return {
    id: "",
    name,
    scale: [...check.scale],
    dimensions: check.dimensions.map(({ id, name, statement }) => ({ id, name, statement })),
    builtIn: false,
  };
}

/** The check asks something else than its model: dimensions were added, renamed, moved or removed. */
export function differsFrom(check: HealthCheck, model: Model): boolean {
  return (
    check.dimensions.length !== model.dimensions.length ||
    check.scale.length !== model.scale.length ||
    check.scale.some((label, index) => label !== model.scale[index]) ||
    check.dimensions.some((it, index) => {
      const other = model.dimensions[index];
      return it.id !== other?.id || it.name !== other.name || it.statement !== other.statement;
    })
  );
}

export function hasAnswers(check: HealthCheck): boolean {
  return check.dimensions.some((it) => answers(it.responses) > 0);
}

// -------------------------------------------------------------- Ways there

function keepsAnswers(check: HealthCheck, model: Model): boolean {
  return check.scale.length === model.scale.length;
}

function withDimensions(check: HealthCheck, dimensions: DimensionResult[]): HealthCheck {
  return dimensions === check.dimensions ? check : { ...check, dimensions };
}

function changeDimension(
  check: HealthCheck,
  id: string,
  change: (dimension: DimensionResult) => DimensionResult,
): HealthCheck {
  return withDimensions(check, replace(check.dimensions, id, change));
}

/** Actions of dimensions that are gone become actions of the whole check. */
function freeActions(check: HealthCheck): HealthCheck {
  const ids = new Set(check.dimensions.map((it) => it.id));
  const free = (dimensionId: string | null) => dimensionId !== null && !ids.has(dimensionId);
  if (!check.actions.some((it) => free(it.dimensionId))) return check;
  const actions = check.actions.map((it) =>
    free(it.dimensionId) ? { ...it, dimensionId: null } : it,
  );
  return { ...check, actions };
}
