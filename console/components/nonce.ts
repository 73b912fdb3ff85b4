/** The nonce of this page's content security policy, which the broker wrote into index.html. */
import { setNonce } from "get-nonce";

export const styleNonce: string =
  document.querySelector('meta[name="csp-nonce"]')?.getAttribute("content") ?? "";

// Read by the scroll lock of Mantine's modals, which adds a style element of its own.
if (styleNonce !== "") setNonce(styleNonce);
