/** What was browsed at an asset, handed to the page of the plant file in another tab: once. */

export interface BrowsedSheet {
  readonly csv: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
}

const KEY = "sallyport.plant-import";

export function handSheet(sheet: BrowsedSheet): void {
  localStorage.setItem(KEY, JSON.stringify(sheet));
}

/** Undefined where nothing was handed over. */
export function takeSheet(): BrowsedSheet | undefined {
  const kept = localStorage.getItem(KEY);
  localStorage.removeItem(KEY);
  try {
    const { csv, endpoint } = JSON.parse(kept ?? "null") ?? {};
    return typeof csv === "string" && typeof endpoint === "string" ? { csv, endpoint } : undefined;
  } catch {
    return undefined;
  }
}
