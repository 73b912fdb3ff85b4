/** One link to a recording with its state and uses, and the means to revoke it. */
import { Button, Group } from "@mantine/core";
import { useState } from "react";
import type { ShareView } from "../../broker/api/shapes/viewing.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { queryClient } from "../components/queries.ts";
import { StateBadge, type Tone } from "../components/state-badge.tsx";
import { clockTime, localTime } from "../components/time-words.ts";
import { viewingApi } from "../components/viewing.ts";
import { viewingText } from "../text/viewing.ts";

const words = viewingText.share;

const TONES: Readonly<Record<ShareView["state"], Tone>> = {
  open: "active",
  ended: "normal",
  revoked: "normal",
  suspended: "attention",
};

export function ShareState({ share }: { readonly share: ShareView }) {
  const { state } = share;
  const why = state === "suspended" ? { title: words.suspended } : {};
  return <StateBadge tone={TONES[state]} word={words.state[state]} {...why} />;
}

export function ShareEntry({ share }: { readonly share: ShareView }) {
  const { recipient, reason, madeBy, endsMs, range, revoked, uses } = share;
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <strong>{recipient}</strong>
        <ShareState share={share} />
      </Group>
      <div>{reason}</div>
      <div className="wb-dim">
        {words.by(madeBy.name)}, {words.until_(localTime(endsMs))}
        {range && ` · ${clockTime(range.fromMs)}–${clockTime(range.untilMs)}`}
        {revoked && ` · ${words.revokedBy(revoked.by)}`}
      </div>
      <div className="wb-dim">{words.uses(uses.length)}</div>
      {uses.map((use) => (
        <div key={use.id} className="wb-dim">
          {words.use(localTime(use.fromMs), use.address ?? "")}
        </div>
      ))}
      <RevokeShare share={share} />
    </li>
  );
}

export function RevokeShare({ share }: { readonly share: ShareView }) {
  const [asking, setAsking] = useState(false);
  if (share.state !== "open" && share.state !== "suspended") return null;
  return (
    <>
      <Button size="compact-xs" variant="default" mt={4} onClick={() => setAsking(true)}>
        {words.revoke}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={words.revokeTitle(share.recipient)}
        action={words.revoke}
        harmful
        onConfirm={async () => {
          await viewingApi.revokeShare(share.id);
          await queryClient.invalidateQueries({ queryKey: ["recordings", "shares"] });
        }}
      >
        {words.revokeBody}
      </ConfirmDialog>
    </>
  );
}
