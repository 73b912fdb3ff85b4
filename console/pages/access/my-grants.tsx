/** What this person may reach, best first, and how long. */
import { Button, Group, Text, Title } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import type { HeldGrantView, RequestView } from "../../../broker/api/shapes/requests.ts";
import { ClassBadges } from "../../components/class-badges.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useSiteTime } from "../../components/site.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { RelativeTime, TimeLeft } from "../../components/time.tsx";
import { accessText } from "../../text/access.ts";
import { grantsText } from "../../text/grants.ts";
import { text } from "../../text.ts";
import { byAsset } from "./by-asset.ts";

const words = accessText.grants;

/** From here on one looks for a name rather than down the page. */
const FILTERED_FROM = 8;
/** Drawn at first and added per click: a role may have hundreds, of which one is looked for. */
const GRANTS_STEP = 60;

interface MyGrantsProps {
  readonly grants: readonly HeldGrantView[];
  readonly isVendor: boolean;
  /** Requests of this person that nobody has answered yet. */
  readonly waiting: number;
  /** The page has no way of its own to ask, or to what was asked. */
  readonly leadsToAccess?: true;
}

export function MyGrants(props: MyGrantsProps) {
  const { grants } = props;
  const [filter, setFilter] = useState("");
  const [step, setStep] = useState(GRANTS_STEP);
  const shown = grants.filter((grant) => matchesFilter(filter, searchTextOf(grant)));
  return (
    <section aria-label={words.title} className="ac-section">
      <Title order={2} size="h5">
        {words.title}
      </Title>
      {(grants.length >= FILTERED_FROM || filter !== "") && (
        <div className="sp-toolbar ac-filter">
          <FilterField value={filter} onChange={setFilter} label={words.filter} />
        </div>
      )}
      {grants.length === 0 && <NoGrants {...props} />}
      {grants.length > 0 && shown.length === 0 && (
        <Empty title={text.table.nothingLeft}>{text.table.nothingLeftAdvice}</Empty>
      )}
      <ul className="ac-grants">
        {byAsset(shown)
          .slice(0, step)
          .map((grant) => (
            <li key={grant.id} className="sp-panel">
              <Grant grant={grant} />
            </li>
          ))}
      </ul>
      {shown.length > step && (
        <Group justify="center" py="xs">
          <Text size="sm" c="dimmed">
            {text.table.shownOf(step, shown.length)}
          </Text>
          <Button variant="default" size="xs" onClick={() => setStep(step + GRANTS_STEP)}>
            {text.table.more}
          </Button>
        </Group>
      )}
    </section>
  );
}

/** Requests of one's own that would give what one does not have yet. */
export function waitingOf(requests: readonly RequestView[]): number {
  return requests.filter(
    ({ mine, state, moreTimeFor }) => mine && state === "waiting" && moreTimeFor === null,
  ).length;
}

function NoGrants({ isVendor, waiting, leadsToAccess }: MyGrantsProps) {
  const isAsked = waiting > 0;
  const way = isAsked ? { to: "/access", label: words.toRequests } : ASK;
  const advice = isVendor ? words.emptyVendor : words.empty;
  return (
    <Empty
      title={isAsked ? words.waitingTitle(waiting) : words.emptyTitle}
      action={
        leadsToAccess && (
          <Button component={Link} to={way.to} variant="default" size="xs" mt={8}>
            {way.label}
          </Button>
        )
      }
    >
      {isAsked ? words.waiting : advice}
    </Empty>
  );
}

const ASK = { to: "/access?new=", label: accessText.request };

function searchTextOf(grant: HeldGrantView): string {
  const { assetName, endpoint, profile, profileDescription } = grant;
  return `${assetName} ${endpoint} ${profile} ${profileDescription}`;
}

function Grant({ grant }: { readonly grant: HeldGrantView }) {
  const live = grant.state === "live";
  const siteTime = useSiteTime();
  return (
    <article className="ac-grant" aria-label={grant.assetName}>
      <div className="ac-grant-name">
        <strong>{grant.assetName}</strong>
        <span className="sp-mono sp-dim">{grant.endpoint}</span>
      </div>
      <div>
        {grant.profile} <ClassBadges classes={grant.classes} />
        <Text size="sm" c="dimmed">
          {grant.profileDescription}
        </Text>
        {grant.weekly !== null && (
          <Text size="sm">
            {accessText.weekly(grant.weekly)} ({siteTime(grant.site)})
          </Text>
        )}
      </div>
      <div className="ac-grant-time">
        <StateBadge tone={live ? "active" : "normal"} word={grantsText.state[grant.state]} />
        <GrantTime grant={grant} />
      </div>
      {live && (
        <Button
          component={Link}
          to={`/?asset=${encodeURIComponent(grant.assetId)}`}
          variant="default"
          size="xs"
          aria-label={words.openNamed(grant.assetName)}
          rightSection={<IconArrowRight size={14} />}
        >
          {words.open}
        </Button>
      )}
    </article>
  );
}

function GrantTime({ grant }: { readonly grant: HeldGrantView }) {
  const { state, opensMs, closesMs } = grant;
  if (state === "coming" && opensMs !== null) {
    return (
      <span>
        {words.begins} <RelativeTime atMs={opensMs} />
      </span>
    );
  }
  if (closesMs === null) return <span className="sp-dim">{words.noEnd}</span>;
  return (
    <span>
      <TimeLeft atMs={closesMs} /> {words.left}
    </span>
  );
}
