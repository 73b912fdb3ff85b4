/** A hidden page draws nothing, but what arrives must still be taken in and credited. */
const HIDDEN_MS = 250;

export function nextPicture(call: () => void): void {
  if (document.hidden) setTimeout(call, HIDDEN_MS);
  else requestAnimationFrame(call);
}
