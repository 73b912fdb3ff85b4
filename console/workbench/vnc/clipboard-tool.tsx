/** Text to the screen's clipboard and from it, where the profile permits it. */
import { Button, CopyButton, Popover, Textarea } from "@mantine/core";
import { IconClipboardText } from "@tabler/icons-react";
import { useState } from "react";
import { panelText as words } from "../../text/panel.ts";

/** What one message of the protocol may carry here. */
const TEXT_MAX = 60_000;

interface ClipboardToolProps {
  /** Those that the profile permits. */
  readonly ways: readonly ("in" | "out")[];
  readonly disabled: boolean;
  readonly copied: string | undefined;
  readonly onSend: (text: string) => void;
}

export function ClipboardTool({ ways, disabled, copied, onSend }: ClipboardToolProps) {
  const [text, setText] = useState("");
  const [sent, setSent] = useState(false);
  const send = () => {
    onSend(text.replace(/\r\n?/g, "\n"));
    setSent(true);
  };
  return (
    <Popover width={360} position="bottom-end" trapFocus onClose={() => setSent(false)}>
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconClipboardText size={14} aria-hidden />}
          title={words.clipboardHelp}
          disabled={disabled}
        >
          {words.clipboard}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="vnc-clipboard">
        {ways.includes("in") && (
          <>
            <Textarea
              label={words.clipboardIn}
              description={words.clipboardLatin}
              value={text}
              maxLength={TEXT_MAX}
              autosize
              minRows={2}
              maxRows={8}
              onChange={(event) => {
                setText(event.currentTarget.value);
                setSent(false);
              }}
            />
            <Button size="xs" disabled={text === ""} onClick={send}>
              {words.clipboardSend}
            </Button>
            {sent && <p role="status">{words.clipboardSent}</p>}
          </>
        )}
        {ways.includes("out") && (
          <div>
            <strong>{words.clipboardOut}</strong>
            {copied === undefined ? (
              <p className="wb-dim">{words.clipboardNone}</p>
            ) : (
              <CopiedText text={copied} />
            )}
          </div>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function CopiedText({ text }: { readonly text: string }) {
  return (
    <>
      <pre className="vnc-copied">{text}</pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy}>
            {copied ? words.copied : words.copyHere}
          </Button>
        )}
      </CopyButton>
    </>
  );
}
