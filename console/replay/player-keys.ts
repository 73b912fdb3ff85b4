/** Keys of the player, wherever the focus is except where one types. */
import { useEffect, useRef } from "react";

export type PlayerKeys = Readonly<Record<string, (() => void) | undefined>>;

export function usePlayerKeys(keys: PlayerKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target instanceof Element && takesKeys(event.target, event.key)) return;
      const name = event.key.toLowerCase();
      // Only letters: Shift makes other characters of the rest.
      const shifted = event.shiftKey && /^[a-z]$/.test(name);
      const act = latest.current[shifted ? `shift+${name}` : name];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** Space presses a button and letters go into an input: those are theirs. */
function takesKeys(element: Element, key: string): boolean {
  if (element.closest("input:not([type=checkbox]), textarea, select, [role=dialog]")) return true;
  return key === " " && element.closest("button, a, input, summary, [role=tab]") !== null;
}
