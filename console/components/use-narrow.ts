import { useMediaQuery } from "@mantine/hooks";

/** Phones and narrow windows: lists instead of tables and maps. The same border as in console.css. */
export function useNarrow(): boolean {
  return useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false });
}
