/** Where to go after signing in: a page of this console, whatever the address line claims. */
const PLANT_PATH = "/";
/** Any origin will do: it only tells an address of our own from one that leads elsewhere. */
const OWN = "https://console.invalid";

export function returnAddress(from: string | null): string {
  if (from === null || !from.startsWith("/")) return PLANT_PATH;
  let url: URL;
  try {
    url = new URL(from, OWN);
  } catch {
    return PLANT_PATH;
  }
  const ownPage = url.origin === OWN && !url.pathname.startsWith("//");
  const wouldLoop = url.pathname === "/sign-in" || url.pathname === "/enrol";
  return ownPage && !wouldLoop ? url.pathname + url.search + url.hash : PLANT_PATH;
}
