/** While the control room is asked: how long still, and a way to stop asking. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ConsentView } from "../../../broker/api/shapes/consents.ts";
import { ownConsentQuery, withdrawConsent } from "../../components/consents.ts";
import { useNow } from "../../components/now.ts";
import { duration } from "../../components/time-words.ts";
import { conditionText } from "../../text/conditions.ts";
import { sentence } from "../../text/session.ts";

const words = conditionText.consent;

interface AwaitConsentProps {
  readonly asked: ConsentView;
  readonly onAgreed: (consent: ConsentView) => void;
  readonly onClose: () => void;
}

export function AwaitConsent({ asked, onAgreed, onClose }: AwaitConsentProps) {
  const { data: consent = asked } = useQuery(ownConsentQuery(asked.id));
  const agreed = consent.state === "agreed";
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when it is agreed to
  useEffect(() => {
    if (agreed) onAgreed(consent);
  }, [agreed]);
  const waits = consent.state === "waiting";
  const stop = () => {
    if (waits) void withdrawConsent(consent.id).catch(() => {});
    onClose();
  };
  return (
    <Modal opened onClose={stop} title={words.asking} closeOnClickOutside={false}>
      <Stack gap="sm" role="status">
        {waits || agreed ? (
          <>
            <Text size="sm">{words.askingBody(consent.assetName)}</Text>
            <Left untilMs={consent.untilMs} />
          </>
        ) : (
          <Text size="sm">{outcome(consent)}</Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={stop} data-autofocus>
            {waits ? words.cancel : conditionText.close}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Left({ untilMs }: { readonly untilMs: number }) {
  const nowMs = useNow();
  return <Text fw={600}>{words.left(duration(Math.max(0, untilMs - nowMs)))}</Text>;
}

function outcome({ state, by, reason }: ConsentView): string {
  const { over } = words;
  if (state === "refused") return sentence(over.refused(by, reason));
  return state === "expired" ? over.expired : over.withdrawn;
}
