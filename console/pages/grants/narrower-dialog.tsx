/** After a grant was used: the narrowest profile for the next one, to be read and put into the plant file. */
import { Button, Code, Group, List, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { NarrowerView } from "../../../broker/api/shapes/narrower.ts";
import type { GrantView } from "../../../broker/api/shapes/plant.ts";
import { ask } from "../../components/http.ts";
import { handPlantDraft } from "../../components/plant-draft.ts";
import { Loading, ProblemNotice } from "../../components/states.tsx";
import { narrowerText as words } from "../../text/narrower.ts";

interface NarrowerDialogProps {
  readonly grant: GrantView;
  readonly onClose: () => void;
}

export function NarrowerDialog({ grant, onClose }: NarrowerDialogProps) {
  const query = useQuery({
    queryKey: ["narrower", grant.id],
    queryFn: () =>
      ask<NarrowerView>("POST", `/api/grants/${encodeURIComponent(grant.id)}/narrower`, {}),
    ...{ retry: false, gcTime: 0, staleTime: Number.POSITIVE_INFINITY },
  });
  return (
    <Modal opened onClose={onClose} title={words.title} size="xl">
      {query.isPending && (
        <div role="status" aria-label={words.working}>
          <Text size="sm">{words.working}</Text>
          <Loading rows={6} />
        </div>
      )}
      {query.isError && <ProblemNotice thrown={query.error} title={words.failed} />}
      {query.data && <Proposal made={query.data} onClose={onClose} />}
    </Modal>
  );
}

interface ProposalProps {
  readonly made: NarrowerView;
  readonly onClose: () => void;
}

function Proposal({ made, onClose }: ProposalProps) {
  const navigate = useNavigate();
  const { text, sessions, leftOut, operations, refused, unneeded, notes, plantText } = made;
  return (
    <Stack gap="sm">
      <Text size="sm">{words.lead(sessions, leftOut)}</Text>
      <Code block aria-label={words.label} tabIndex={0} mah={320} style={{ overflow: "auto" }}>
        {text}
      </Code>
      <Text size="sm">
        {refused === 0 ? words.proved(operations) : words.notProved(refused, operations)}
      </Text>
      <Text size="sm">{unneeded.length === 0 ? words.allNeeded : words.unneeded}</Text>
      {unneeded.length + notes.length > 0 && (
        <List size="sm">
          {[...unneeded, ...notes].map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      )}
      <Text size="sm" c="dimmed">
        {plantText === null ? words.noRight : words.taken}
      </Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {words.close}
        </Button>
        {plantText !== null && (
          <Button
            onClick={() => {
              handPlantDraft(plantText);
              void navigate("/plant-file");
            }}
          >
            {words.take}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
