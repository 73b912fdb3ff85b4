/**
 * The page's document for xterm.js under a content security policy: it makes style elements and
 * style attributes, and has no way to be told the nonce. Style elements get it here; what it
 * writes into the `style` attribute of a cell (24 bit colours, what is selected or was found) goes
 * through the style object instead. It makes cells for as long as it lives, from the page's own
 * document and from no other: so that is so for every span of the page.
 */
import { styleNonce } from "../nonce.ts";

export function styledDocument(): Document {
  HTMLSpanElement.prototype.setAttribute = setAttribute;
  return new Proxy(document, {
    get: (target, name) => {
      if (name === "createElement") return createElement;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

/** For what xterm.js makes while it is opened and takes from the page's own document. */
export function withStyledDocument(open: () => void): void {
  document.createElement = createElement as typeof document.createElement;
  try {
    open();
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}

function createElement(name: string): HTMLElement {
  const element = Document.prototype.createElement.call(document, name);
  if (element instanceof HTMLStyleElement) element.nonce = styleNonce;
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
