/** The last page that has rows, counted from 0; of an empty list the first. */
export const lastPage = (total: number, pageSize: number): number =>
  Math.max(0, Math.ceil(total / pageSize) - 1);
