// The team's history: what is asked for, and what came back.

import type { ApiError } from "../../api/bindings/ApiError";
import type { Kind } from "../../api/bindings/Kind";
import type { PublicationList } from "../../api/bindings/PublicationList";
import type { PublicationSort } from "../../api/bindings/PublicationSort";
import type { PublicationStatus } from "../../api/bindings/PublicationStatus";
import { asApiError } from "../../api/call";
import { listPublications } from "../../api/commands";
import { lastPage } from "../../components/paging";
import { type Period, sinceOf } from "./words";

export const pageSize = 200;

export class History {
  text = $state("");
  kind = $state<Kind | "">("");
  spaceKey = $state("");
  status = $state<PublicationStatus | "">("");
  period = $state<Period>("all");
  sort = $state<PublicationSort>("meetingDate");
  descending = $state(true);
  /** Pages of the list, counted from 0. */
  page = $state(0);

  found = $state.raw<PublicationList>({ rows: [], total: 0, spaces: [] });
  failed = $state.raw<ApiError | null>(null);
  /** The first answer is there. */
  ready = $state(false);

  #asked = 0;
  #frame = 0;

  get filtered(): boolean {
    return (
      this.text.trim() !== "" ||
      this.kind !== "" ||
      this.spaceKey !== "" ||
      this.status !== "" ||
      this.period !== "all"
    );
  }

  get pages(): number {
    return Math.ceil(this.found.total / pageSize);
  }

  /** Asks with the next frame, so that fast typing asks once a frame at most. */
  soon(teamId: string): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => void this.read(teamId));
  }

  /** An answer that was overtaken by another question is dropped. */
  async read(teamId: string): Promise<void> {
    this.#asked += 1;
    const ask = this.#asked;
    try {
      const found = await listPublications({
        teamId,
        text: this.text,
        kind: this.kind || null,
        spaceKey: this.spaceKey || null,
        status: this.status || null,
        since: sinceOf(this.period, new Date()),
        sort: this.sort,
        descending: this.descending,
        offset: this.page * pageSize,
        limit: pageSize,
      });
      if (ask !== this.#asked) return;
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
      if (ask === this.#asked) this.failed = asApiError(problem);
    }
  }

  /** The column's natural order first, the other way round when it is chosen again. */
  sortBy(sort: PublicationSort): void {
    this.descending = this.sort === sort ? !this.descending : sort !== "title";
    this.sort = sort;
    this.page = 0;
  }

  clear(): void {
    this.text = "";
    this.kind = "";
    this.spaceKey = "";
    this.status = "";
    this.period = "all";
    this.page = 0;
  }
}
