/** The pages of the navigation and the rights that fill them. */
import {
  type Icon,
  IconActivity,
  IconBell,
  IconCertificate,
  IconChartBar,
  IconClockCheck,
  IconFileText,
  IconGavel,
  IconHammer,
  IconHeartRateMonitor,
  IconKey,
  IconLink,
  IconListCheck,
  IconListDetails,
  IconPlayerPlay,
  IconPlugConnected,
  IconRouteAltLeft,
  IconTopologyStar3,
  IconUserShield,
  IconUsers,
} from "@tabler/icons-react";
import type { RightName } from "../../broker/api/shapes/people.ts";
import { text } from "../text.ts";

export interface PageEntry {
  readonly path: string;
  readonly name: string;
  readonly icon: Icon;
  /** Any of them shows the page. */
  readonly rights: readonly RightName[];
  readonly group: "work" | "administration";
  /** Second key after `g`. */
  readonly key: string;
}

const PAGES: readonly PageEntry[] = [
  page("/", text.pages.plant, IconTopologyStar3, "work", "p", ["plant:view"]),
  page("/access", text.pages.access, IconClockCheck, "work", "a", ["session:open", "session:end"]),
  page("/live", text.pages.live, IconActivity, "work", "l", ["session:list", "session:open"]),
  page("/recordings", text.pages.recordings, IconPlayerPlay, "work", "r", [
    "recording:own",
    "recording:all",
    "recording:break-glass",
  ]),
  page("/alarms", text.pages.alarms, IconBell, "work", "m", ["events:view"]),
  page("/links", text.pages.links, IconLink, "work", "n", ["recording:share"]),
  page("/people", text.pages.people, IconUsers, "administration", "u", ["people:manage"]),
  page("/vendors", text.pages.vendors, IconUserShield, "administration", "v", ["vendor:invite"]),
  page("/break-glass", text.pages.breakGlass, IconHammer, "administration", "b", [
    "break-glass:open",
    "break-glass:review",
  ]),
  page("/review", text.pages.review, IconListCheck, "administration", "w", ["access:review"]),
  page("/figures", text.pages.figures, IconChartBar, "administration", "f", ["access:review"]),
  page("/grants", text.pages.grants, IconKey, "administration", "k", ["grant:manage"]),
  page("/policy", text.pages.policy, IconGavel, "administration", "y", ["policy:view"]),
  page("/audit", text.pages.audit, IconCertificate, "administration", "d", [
    "log:view",
    "log:state",
  ]),
  page("/events", text.pages.events, IconListDetails, "administration", "e", ["events:view"]),
  page("/plant-file", text.pages.plantFile, IconFileText, "administration", "x", ["plant:change"]),
  page("/gateways", text.pages.gateways, IconRouteAltLeft, "administration", "j", ["plant:change"]),
  page("/integrations", text.pages.integrations, IconPlugConnected, "administration", "i", [
    "integration:manage",
  ]),
  page("/health", text.pages.health, IconHeartRateMonitor, "administration", "h", ["health:view"]),
];

export function pagesFor(rights: readonly RightName[]): readonly PageEntry[] {
  return PAGES.filter((entry) => entry.rights.some((right) => rights.includes(right)));
}

/** False only for a page of the navigation whose rights are missing; what else there is, is no page of this table. */
export function mayOpen(pathname: string, rights: readonly RightName[]): boolean {
  const entry = PAGES.find(
    ({ path }) => pathname === path || (path !== "/" && pathname.startsWith(`${path}/`)),
  );
  return entry === undefined || pagesFor(rights).includes(entry);
}

function page(
  path: string,
  name: string,
  icon: Icon,
  group: PageEntry["group"],
  key: string,
  rights: readonly RightName[],
): PageEntry {
  return { path, name, icon, group, key, rights };
}
