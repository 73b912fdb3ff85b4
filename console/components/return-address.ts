/** Where to go after signing in: a page of this console, whatever the address line claims. */
const PLANT_PATH = "/";
/** Any origin will do: it only tells an address of our own from one that leads elsewhere. */
const OWN = "https://console.invalid";

/** @param hash of the sign-in page: what a redirect of the broker took along for the page before */
export function returnAddress(from: string | null, hash = ""): string {
  if (from === null || !from.startsWith("/")) return PLANT_PATH;
  let url: URL;
  try {
    url = new URL(from.includes("#") ? from : from + hash, OWN);
  } catch {
    return PLANT_PATH;
  }
  const ownPage = url.origin === OWN && !url.pathname.startsWith("//");
  const wouldLoop = /^\/(sign-in|enrol)(\/|$)/.test(url.pathname);
  return ownPage && !wouldLoop ? url.pathname + url.search + url.hash : PLANT_PATH;
}
