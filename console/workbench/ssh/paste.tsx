/** Pasting into a terminal: several lines are shown first, since each may run as it arrives. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { TerminalScreen } from "../../components/terminal/terminal-screen.ts";
import { terminalText } from "../../text/terminal.ts";

const words = terminalText.paste;

/** A longer text is a file; the broker's guard would end the channel at a few hundred thousand. */
const PASTE_LENGTH_MAX = 100_000;
/** Enough to see what it is. */
const LINES_SHOWN = 12;

interface Pasting {
  readonly text: string | undefined;
  /** Answers whether the terminal takes the text as it is. */
  ask(text: string): boolean;
  accept(): void;
  close(): void;
}

export function usePaste(screen: TerminalScreen): Pasting {
  const [text, setText] = useState<string | undefined>(undefined);
  const close = () => {
    setText(undefined);
    screen.focus();
  };
  return {
    text,
    ask: (pasted) => {
      if (!needsLook(pasted)) return true;
      setText(pasted);
      return false;
    },
    accept: () => {
      if (text !== undefined) screen.paste(text);
      close();
    },
    close,
  };
}

/** More than one line, or more than a terminal takes. */
export function needsLook(pasted: string): boolean {
  return pasted.length > PASTE_LENGTH_MAX || linesOf(pasted).length > 1 || /[\r\n]/.test(pasted);
}

export function linesOf(pasted: string): readonly string[] {
  return pasted.replace(/(?:\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/);
}

export function PasteDialog({ text, accept, close }: Pasting) {
  const pasted = text ?? "";
  const isTooLong = pasted.length > PASTE_LENGTH_MAX;
  const lines = isTooLong ? [] : linesOf(pasted);
  return (
    <Modal
      opened={text !== undefined}
      onClose={close}
      title={isTooLong ? words.tooLongTitle : words.title(lines.length)}
      size="lg"
    >
      <Stack gap="sm">
        <Text size="sm">{isTooLong ? words.tooLong : words.body}</Text>
        {!isTooLong && <Preview lines={lines} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            {isTooLong ? words.close : words.cancel}
          </Button>
          {!isTooLong && <Button onClick={accept}>{words.act(lines.length)}</Button>}
        </Group>
      </Stack>
    </Modal>
  );
}

function Preview({ lines }: { readonly lines: readonly string[] }) {
  const left = lines.length - LINES_SHOWN;
  return (
    <pre className="ssh-paste">
      {lines.slice(0, LINES_SHOWN).map(visible).join("\n")}
      {left > 0 && `\n${words.more(left)}`}
    </pre>
  );
}

/** What has no shape is shown: a text that hides something is the one to be read. */
function visible(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === "\t" ? "\t" : "␦"));
}
