/** An id or a link that a person can copy whole, however little of it is shown. */
import { ActionIcon, Code, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { text } from "../text.ts";

interface CopyableProps {
  readonly value: string;
  /** What it is, for the button's name: "session id". */
  readonly what: string;
  /** Characters shown; the whole value when absent. */
  readonly shown?: number;
}

export function Copyable({ value, what, shown }: CopyableProps) {
  const visible = shown !== undefined && value.length > shown ? `${value.slice(0, shown)}…` : value;
  return (
    <Group gap={2} wrap="nowrap" component="span" display="inline-flex">
      <Code className="sp-id" title={value} data-cut={visible !== value || undefined}>
        {visible}
      </Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? text.copy.done : text.copy.action(what)}>
            <ActionIcon
              variant="subtle"
              size="sm"
              aria-label={copied ? text.copy.done : text.copy.action(what)}
              onClick={(event) => {
                event.stopPropagation();
                copy();
              }}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
