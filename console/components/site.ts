/** Which site somebody looks at, where this broker serves several; kept in the browser. */
import { useLocalStorage } from "@mantine/hooks";
import type { NamedSiteView } from "../../broker/api/shapes/plant.ts";
import { accessText } from "../text/access.ts";
import { useMe } from "./me.ts";

/** Stands for all of them. */
const ALL = "";

export interface ChosenSite {
  /** Empty where there is only one: then nothing is chosen. */
  readonly sites: readonly NamedSiteView[];
  readonly chosen: NamedSiteView | undefined;
  choose(id: string): void;
  /** Whether something at that site is to be shown. */
  shows(site: string): boolean;
}

export function useSite(): ChosenSite {
  const { sites } = useMe();
  const [id, choose] = useLocalStorage<string>({
    key: "sallyport.site",
    defaultValue: ALL,
    getInitialValueInEffect: false,
  });
  // One that the plant file has no more hides nothing.
  const chosen = sites.find((site) => site.id === id);
  return { sites, chosen, choose, shows: (site) => chosen === undefined || chosen.id === site };
}

/** What the clock on the wall of a site shows: `Tue 08:05`. */
export function wallClock({ timeZone }: Pick<NamedSiteView, "timeZone">, atMs: number): string {
  const parts = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone }).format(atMs);
}

/** Whose clock a weekly window is told by, in words. */
export function useSiteTime(): (...ids: readonly string[]) => string {
  const { sites } = useSite();
  return (...ids) => {
    const names = sites.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
    return names.length === 0 ? accessText.siteTime : accessText.timeOf(names);
  };
}
