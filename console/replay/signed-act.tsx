/** An act that somebody signed with a passkey: who, when, for what, and exactly what text. */
import { Button, Code, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SignedActView } from "../../broker/api/shapes/report.ts";
import { checkSigned } from "../components/check-signed.ts";
import { Copyable } from "../components/copyable.tsx";
import { QueryView } from "../components/query-view.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { LocalTime } from "../components/time.tsx";
import { viewingApi } from "../components/viewing.ts";
import { viewingText } from "../text/viewing.ts";

const words = viewingText.act;
const DIGEST_SHOWN = 24;

interface SignedActProps {
  readonly recording: string;
  readonly act: string;
}

/** A button that shows the act. */
export function SignedAct({ recording, act }: SignedActProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="compact-xs" variant="subtle" h={18} px={4} onClick={() => setOpened(true)}>
        {viewingText.report.act}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={words.title} size="lg">
        {opened && <Shown recording={recording} act={act} />}
      </Modal>
    </>
  );
}

function Shown({ recording, act }: SignedActProps) {
  const query = useQuery({
    queryKey: ["recordings", recording, "acts", act],
    queryFn: () => viewingApi.act(recording, act),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <QueryView query={query} failed={words.failed}>
      {(shown) => <Act act={shown} />}
    </QueryView>
  );
}

function Act({ act }: { readonly act: SignedActView }) {
  return (
    <Stack gap="sm">
      <Text size="sm">
        {words.by} <strong>{act.by}</strong>, {words.at.toLowerCase()} <LocalTime atMs={act.atMs} />
        , {words.purpose.toLowerCase()} {words.purposes[act.purpose] ?? act.purpose}
      </Text>
      <Verdict act={act} />
      <div>
        <Text size="xs" c="dimmed">
          {words.digest}
        </Text>
        <Copyable value={act.sha256} what={words.digest} shown={DIGEST_SHOWN} />
      </div>
      <div>
        <Text size="xs" c="dimmed">
          {words.text}
        </Text>
        <Code block className="rp-act" tabIndex={0}>
          {pretty(act.text)}
        </Code>
      </div>
      <Text size="xs" c="dimmed">
        {words.inLog}
      </Text>
    </Stack>
  );
}

/** Of the browser itself: whoever does not trust the broker's word looks here. */
function Verdict({ act }: { readonly act: SignedActView }) {
  const { data: held } = useQuery({
    queryKey: ["signed-act-check", act.id],
    queryFn: () => checkSigned({ ...act }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (held === undefined) return null;
  return (
    <div role="status">
      <StateBadge
        tone={held === true ? "normal" : "alarm"}
        word={held === true ? words.holds : words.fails}
      />
      <Text size="xs" c="dimmed">
        {held === true ? words.checked : held}
      </Text>
    </div>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
