/** Which tags are drawn in Trends. */
import { useEffect, useState } from "react";
import type { ModbusDesk } from "./desk.ts";
import { TREND_TAGS_MAX } from "./trend-buffer.ts";

export interface Trending {
  readonly tags: readonly string[];
  readonly full: boolean;
  toggle(tag: string): void;
}

export function useTrending(desk: ModbusDesk): Trending {
  const [tags, setTags] = useState<readonly string[]>([]);
  useEffect(() => desk.trends.keep(tags), [desk, tags]);
  return {
    tags,
    full: tags.length >= TREND_TAGS_MAX,
    toggle: (tag) =>
      setTags((drawn) =>
        drawn.includes(tag) ? drawn.filter((other) => other !== tag) : [...drawn, tag],
      ),
  };
}
