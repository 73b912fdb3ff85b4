/** Asks for a name and shows once the line by which a machine joins. */
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Copyable } from "../../components/copyable.tsx";
import { gatewaysQuery, inviteGateway } from "../../components/gateways.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { gatewaysText as words } from "../../text/gateways.ts";
import { text } from "../../text.ts";

interface InviteDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** One that is there already joins anew. */
  readonly known?: string;
}

export function InviteDialog(props: InviteDialogProps) {
  const title = props.known === undefined ? words.letIn : words.againOf(props.known);
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={title} size="lg">
      <Invite {...props} />
    </Modal>
  );
}

function Invite({ onClose, known }: InviteDialogProps) {
  const [name, setName] = useState(known ?? "");
  const client = useQueryClient();
  const invite = useMutation({
    mutationFn: () => inviteGateway(name.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: gatewaysQuery.queryKey }),
  });
  if (invite.data) return <Shown name={name} line={invite.data.line} onClose={onClose} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!invite.isPending) invite.mutate();
      }}
    >
      <Stack gap="sm">
        {known === undefined ? (
          <TextInput
            label={words.name}
            description={words.nameHelp}
            required
            data-autofocus
            pattern="[a-z0-9][a-z0-9._\-]{0,62}"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        ) : (
          <Text size="sm">{words.againAsk(known)}</Text>
        )}
        {invite.error && <ProblemNotice thrown={invite.error} title={text.confirm.failed} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {text.confirm.cancel}
          </Button>
          <Button type="submit" loading={invite.isPending}>
            {words.make}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface ShownProps {
  readonly name: string;
  readonly line: string;
  readonly onClose: () => void;
}

function Shown({ name, line, onClose }: ShownProps) {
  return (
    <Stack gap="sm">
      <Text fw={600} size="sm">
        {words.shownTitle(name)}
      </Text>
      <Text size="sm">{words.shown}</Text>
      <Copyable value={words.command(line)} what={words.what} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{words.done}</Button>
      </Group>
    </Stack>
  );
}
