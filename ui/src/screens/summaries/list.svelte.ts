// The list of a team's summaries: what is asked for, and what came back.

import type { ApiError } from "../../api/bindings/ApiError";
import type { DraftList } from "../../api/bindings/DraftList";
import type { DraftQuery } from "../../api/bindings/DraftQuery";
import type { DraftSort } from "../../api/bindings/DraftSort";
import type { Kind } from "../../api/bindings/Kind";
import { asApiError } from "../../api/call";
import { listDrafts } from "../../api/commands";
import { lastPage } from "../../components/paging";

export const pageSize = 200;

const nothing: DraftList = { rows: [], total: 0, retrospectives: 0, healthChecks: 0 };

export class SummaryList {
  text = $state("");
  kind = $state<Kind | "all">("all");
  sort = $state<DraftSort>("meetingDate");
  descending = $state(true);
  /** Pages of the list, counted from 0. */
  page = $state(0);

  found = $state.raw<DraftList>(nothing);
  failed = $state.raw<ApiError | null>(null);
  /** The first answer is there. */
  ready = $state(false);

  private asked = 0;
  private frame = 0;

  /** Asks again with the next frame, so that fast typing asks once a frame at most. */
  soon(teamId: string): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => void this.read(teamId));
  }

  /** Reads what is asked for; an answer that was overtaken by another question is dropped. */
  async read(teamId: string): Promise<void> {
    this.asked += 1;
    const own = this.asked;
    try {
      const found = await listDrafts(this.query(teamId, this.page * pageSize));
      if (own !== this.asked) return;
      const last = lastPage(found.total, pageSize);
      if (this.page > last) {
        // The rows of this page are gone: the last page that has some is shown.
        this.page = last;
        if (found.total > 0) return await this.read(teamId);
      }
      this.found = found;
      this.failed = null;
      this.ready = true;
    } catch (problem) {
      if (own === this.asked) this.failed = asApiError(problem);
    }
  }

  query(teamId: string, offset: number): DraftQuery {
    return {
      teamId,
      text: this.text,
      kind: this.kind === "all" ? null : this.kind,
      sort: this.sort,
      descending: this.descending,
      offset,
      limit: pageSize,
    };
  }

  /** The column's natural order first, the other way round when it is chosen again. */
  sortBy(sort: DraftSort): void {
    this.descending = this.sort === sort ? !this.descending : sort !== "title";
    this.sort = sort;
    this.page = 0;
  }

  get all(): number {
    return this.found.retrospectives + this.found.healthChecks;
  }

  get pages(): number {
    return Math.ceil(this.found.total / pageSize);
  }
}
