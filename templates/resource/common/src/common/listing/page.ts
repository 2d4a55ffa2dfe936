/** Some rows of a list. */
export interface PageOf<Row> {
  items: Row[];
  /** What `?cursor=` takes for the rows behind these; null where there are none. */
  nextCursor: string | null;
  /** How many rows there are on all pages, where `?withTotal=true` asks for it. */
  total?: number;
}
