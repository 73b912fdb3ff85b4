/** Beside every terminal: finding, copying, and the size of the letters. */
import { ActionIcon, CopyButton, TextInput, Tooltip } from "@mantine/core";
import {
  IconCheck,
  IconChevronDown,
  IconChevronUp,
  IconCopy,
  IconTextDecrease,
  IconTextIncrease,
} from "@tabler/icons-react";
import { type ReactNode, type RefObject, useState } from "react";
import { terminalText as words } from "../../text/terminal.ts";
import { FONT_SIZE, type TerminalScreen } from "./terminal-screen.ts";
import type { TerminalLook } from "./use-terminal-look.ts";

interface TerminalToolsProps {
  readonly screen: TerminalScreen;
  readonly look: TerminalLook;
  readonly searchBox: RefObject<HTMLInputElement | null>;
}

export function TerminalTools({ screen, look, searchBox }: TerminalToolsProps) {
  return (
    <div className="term-tools">
      <Finding screen={screen} box={searchBox} />
      <CopyAll screen={screen} />
      <Tool
        label={words.smaller}
        disabled={look.fontSize <= FONT_SIZE.min}
        act={() => look.change(-1)}
      >
        <IconTextDecrease size={16} />
      </Tool>
      <Tool
        label={words.larger}
        disabled={look.fontSize >= FONT_SIZE.max}
        act={() => look.change(1)}
      >
        <IconTextIncrease size={16} />
      </Tool>
    </div>
  );
}

function Finding(props: { screen: TerminalScreen; box: RefObject<HTMLInputElement | null> }) {
  const { screen, box } = props;
  const [text, setText] = useState("");
  const [missed, setMissed] = useState(false);
  const find = (wanted: string, way: "next" | "previous") => {
    setMissed(!screen.find(wanted, way) && wanted !== "");
  };
  return (
    <div className="term-find">
      <TextInput
        ref={box}
        size="xs"
        aria-label={words.search}
        placeholder={words.search}
        value={text}
        error={missed}
        onChange={(event) => {
          setText(event.currentTarget.value);
          find(event.currentTarget.value, "previous");
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") find(text, event.shiftKey ? "next" : "previous");
          if (event.key === "Escape") screen.focus();
        }}
      />
      <span className="sp-unseen" role="status">
        {missed ? words.noMatch : ""}
      </span>
      <Tool label={words.previous} disabled={text === ""} act={() => find(text, "previous")}>
        <IconChevronUp size={16} />
      </Tool>
      <Tool label={words.next} disabled={text === ""} act={() => find(text, "next")}>
        <IconChevronDown size={16} />
      </Tool>
    </div>
  );
}

function CopyAll({ screen }: { readonly screen: TerminalScreen }) {
  const [value, setValue] = useState("");
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tool
          label={copied ? words.copied : words.copyHint}
          // What is on the screen is read when it is wanted, not on every change of it.
          before={() => setValue(screen.copied())}
          act={copy}
        >
          {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
        </Tool>
      )}
    </CopyButton>
  );
}

interface ToolProps {
  readonly label: string;
  readonly disabled?: boolean;
  /** When the pointer or the focus comes. */
  readonly before?: () => void;
  readonly act: () => void;
  readonly children: ReactNode;
}

function Tool({ label, disabled = false, before, act, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        size="sm"
        aria-label={label}
        disabled={disabled}
        onPointerDown={before}
        onFocus={before}
        onClick={act}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
