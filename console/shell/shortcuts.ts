/**
 * Keys that work on every page: `?` help, `/` to the filter, `g` then a letter to a page. They are
 * silent while someone types, and a person can switch them off (WCAG 2.1.4).
 */
import { useLocalStorage } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { useMe } from "../components/me.ts";
import { pagesFor } from "./pages-by-right.ts";

/** Between `g` and the letter of the page. */
const SEQUENCE_MS = 1_500;

/** Whether this browser listens to single keys. */
export function useShortcutsSetting() {
  return useLocalStorage({ key: "sallyport.single-keys", defaultValue: true });
}

export function useShortcuts(openHelp: () => void): void {
  const { rights } = useMe();
  const navigate = useNavigate();
  const [enabled] = useShortcutsSetting();
  const wentMs = useRef(0);
  useEffect(() => {
    if (!enabled) return;
    function pressed(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector("[role=dialog]")) return;
      const afterG = event.timeStamp - wentMs.current < SEQUENCE_MS;
      wentMs.current = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const target = pagesFor(rights).find((page) => afterG && page.key === event.key);
      if (target) void navigate(target.path);
      else if (event.key === "?") openHelp();
      else if (event.key === "/" && focusFilter()) event.preventDefault();
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [enabled, rights, navigate, openHelp]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select, [role=textbox]");
}

function focusFilter(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-page-filter]");
  field?.focus();
  return field !== null;
}
