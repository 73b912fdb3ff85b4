/** The person's grants at an asset: profile, classes, time left. */
import { Group, Text } from "@mantine/core";
import type { AssetView, MyGrantView } from "../../../broker/api/shapes/plant.ts";
import { ClassBadges } from "../../components/class-badges.tsx";
import { useNow } from "../../components/now.ts";
import { RelativeTime, TimeLeft } from "../../components/time.tsx";
import { assetText as words } from "../../text/plant.ts";
import { nameAtAsset } from "./access.ts";

export function GrantList({ asset }: { readonly asset: AssetView }) {
  const granted = asset.endpoints.filter(({ grants }) => grants.length > 0);
  const grants = granted.flatMap((endpoint) => {
    const at = nameAtAsset(endpoint);
    return endpoint.grants.map((grant) => ({ grant, at }));
  });
  if (grants.length === 0) return null;
  return (
    <section aria-label={words.grants}>
      <Text component="h3" size="xs" fw={600} c="dimmed" mb={4}>
        {words.grants}
      </Text>
      {grants.map(({ grant, at }) => (
        <div key={grant.id} className="sp-asset-grant">
          <Group justify="space-between" gap="xs">
            <Text size="sm" fw={550}>
              {grant.profile}
              {granted.length > 1 && <span className="sp-dim"> {at}</span>}
            </Text>
            <GrantWindow grant={grant} />
          </Group>
          {grant.profileDescription !== "" && (
            <Text size="sm" c="dimmed" mb={4}>
              {grant.profileDescription}
            </Text>
          )}
          <ClassBadges classes={grant.classes} />
        </div>
      ))}
    </section>
  );
}

function GrantWindow({ grant }: { readonly grant: MyGrantView }) {
  const nowMs = useNow();
  if (!grant.live) {
    if (grant.fromMs === null || grant.fromMs <= nowMs) return <>{words.over}</>;
    return (
      <span>
        {words.begins} <RelativeTime atMs={grant.fromMs} />
      </span>
    );
  }
  if (grant.untilMs === null) return <span className="sp-dim">{words.unlimited}</span>;
  return (
    <span>
      <TimeLeft atMs={grant.untilMs} /> {words.left}
    </span>
  );
}
