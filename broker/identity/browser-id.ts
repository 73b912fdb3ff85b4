/** The value of the cookie that a browser gets before anyone is signed in: `Browser.id`. */
import { newToken } from "./token.ts";

export function newBrowserId(): string {
  return newToken();
}
