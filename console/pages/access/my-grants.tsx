/** What this person may reach, best first, and how long. */
import { Button, Text, Title } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { Link } from "react-router";
import type { HeldGrantView } from "../../../broker/api/shapes/requests.ts";
import { ClassBadges } from "../../components/class-badges.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { RelativeTime, TimeLeft } from "../../components/time.tsx";
import { accessText } from "../../text/access.ts";
import { grantsText } from "../../text/grants.ts";

const words = accessText.grants;

interface MyGrantsProps {
  readonly grants: readonly HeldGrantView[];
  readonly isVendor: boolean;
}

export function MyGrants({ grants, isVendor }: MyGrantsProps) {
  return (
    <section aria-label={words.title} className="ac-section">
      <Title order={2} size="h5">
        {words.title}
      </Title>
      {grants.length === 0 ? (
        <Empty title={words.emptyTitle}>{isVendor ? words.emptyVendor : words.empty}</Empty>
      ) : (
        <ul className="ac-grants">
          {grants.map((grant) => (
            <li key={grant.id} className="sp-panel">
              <Grant grant={grant} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Grant({ grant }: { readonly grant: HeldGrantView }) {
  const live = grant.state === "live";
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
            {accessText.weekly(grant.weekly)} ({accessText.siteTime})
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
