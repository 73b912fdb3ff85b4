/** A one-time enrolment link: shown once, copied whole. */
import { Button, CopyButton, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { LocalTime, RelativeTime } from "../../components/time.tsx";
import { linkText as words } from "../../text/people.ts";
import type { NewLink } from "./new-link.ts";

interface LinkDialogProps {
  readonly newLink: NewLink;
  readonly onClose: () => void;
}

export function LinkDialog({ newLink: { name, link }, onClose }: LinkDialogProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.title(name)}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="sm">
        <Text size="sm">{words.once}</Text>
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <TextInput
            label={words.label}
            readOnly
            value={link.url}
            className="sp-link"
            onFocus={(event) => event.currentTarget.select()}
          />
          <CopyButton value={link.url}>
            {({ copied, copy }) => (
              <Button
                data-autofocus
                onClick={copy}
                leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              >
                {copied ? words.copied : words.copy}
              </Button>
            )}
          </CopyButton>
        </Group>
        <Text size="sm" c="dimmed">
          {words.expires} <RelativeTime atMs={link.expiresMs} /> (
          <LocalTime atMs={link.expiresMs} />)
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.done}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
