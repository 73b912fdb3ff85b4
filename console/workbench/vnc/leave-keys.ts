/**
 * Ctrl+Shift+X takes the keys back from the screen, as from a terminal: Tab goes to the panel, and
 * whoever has no mouse would never get out. The chord ends when Ctrl and Shift are up, of which the
 * panel hears, so that nothing stays pressed there; of X it hears nothing.
 */
import { type KeyboardEvent, type RefObject, useRef } from "react";

export function useLeaveKeys(to: RefObject<HTMLElement | null>) {
  const leaving = useRef(false);
  return {
    onKeyDownCapture(event: KeyboardEvent) {
      if (!isX(event) || !event.ctrlKey || !event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      leaving.current = true;
    },
    onKeyUpCapture(event: KeyboardEvent) {
      if (!leaving.current) return;
      if (isX(event)) event.stopPropagation();
      if (event.ctrlKey || event.shiftKey) return;
      leaving.current = false;
      // After noVNC heard of this key, for which the screen must still have the focus.
      setTimeout(() => to.current?.focus());
    },
  };
}

const isX = ({ key }: KeyboardEvent) => key.toLowerCase() === "x";
