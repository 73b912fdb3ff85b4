/** The terminal of a session: what it shows, what runs in it, and what may be run. */
import { Badge, Button, Tooltip } from "@mantine/core";
import { IconEyeOff, IconPlayerPlay, IconTerminal2 } from "@tabler/icons-react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { TerminalTools } from "../../components/terminal/terminal-tools.tsx";
import { type TerminalLook, useTerminalLook } from "../../components/terminal/use-terminal-look.ts";
import { sentence } from "../../text/session.ts";
import { terminalText as words } from "../../text/terminal.ts";
import { Notice } from "../session-notices.tsx";
import type { SessionState } from "../session-state.ts";
import { CommandList } from "./command-list.tsx";
import { PasteDialog, usePaste } from "./paste.tsx";
import type { SshStation } from "./ssh-station.ts";
import type { TerminalState } from "./terminal-desk.ts";
import { useTerminalKeys } from "./use-terminal-keys.ts";

interface TerminalPanelProps {
  readonly station: SshStation;
  readonly state: SessionState;
}

export function TerminalPanel({ station, state }: TerminalPanelProps) {
  const { terminal: desk, screen, reach } = station;
  const terminal = useSyncExternalStore(desk.subscribe, desk.state);
  const look = useTerminalLook(screen);
  const searchBox = useRef<HTMLInputElement>(null);
  const paste = usePaste(screen);
  useTerminalKeys(station, searchBox);
  return (
    <section className="ssh-terminal">
      <div className="ssh-head">
        <Running station={station} terminal={terminal} state={state} />
        <TerminalTools screen={screen} look={look} searchBox={searchBox} />
      </div>
      <TerminalNotices terminal={terminal} />
      {!reach.shell && (
        <CommandList
          commands={reach.commands}
          disabled={state.attachment.kind !== "attached" || terminal.phase === "starting"}
          onRun={(command) => desk.run({ kind: "exec", command })}
        />
      )}
      <TerminalPlace station={station} look={look} onPaste={paste.ask} />
      <PasteDialog {...paste} />
    </section>
  );
}

interface PlaceProps {
  readonly station: SshStation;
  readonly look: TerminalLook;
  /** Answers whether the terminal takes the text as it is. */
  readonly onPaste: (text: string) => boolean;
}

function TerminalPlace({ station, look, onPaste }: PlaceProps) {
  const place = useRef<HTMLDivElement>(null);
  const { screen } = station;
  const asking = useRef(onPaste);
  asking.current = onPaste;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const leave = screen.mount(element);
    const paste = (event: ClipboardEvent) => {
      if (asking.current(event.clipboardData?.getData("text/plain") ?? "")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    element.addEventListener("paste", paste, { capture: true });
    screen.focus();
    return () => {
      element.removeEventListener("paste", paste, { capture: true });
      leave();
    };
  }, [screen]);
  return (
    <div className="term-room" data-letters={look.fontSize}>
      <div className="term-place" ref={place} />
    </div>
  );
}

interface RunningProps extends TerminalPanelProps {
  readonly terminal: TerminalState;
}

function Running({ station, terminal, state }: RunningProps) {
  const { terminal: desk, reach } = station;
  const { phase, program, end, paused } = terminal;
  const what = program?.kind === "exec" ? program.command : reach.shell ? words.shell : "";
  return (
    <div className="ssh-running">
      <IconTerminal2 size={16} aria-hidden />
      {what !== "" && <span className="ssh-program">{what}</span>}
      <span className="sp-dim" role="status">
        {phase === "ended" && end !== undefined ? end : words.phase[paused ? "paused" : phase]}
      </span>
      <ViewOnly station={station} terminal={terminal} state={state} />
      {phase === "ended" && program !== undefined && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconPlayerPlay size={13} />}
          disabled={state.attachment.kind !== "attached"}
          onClick={() => desk.run(program)}
        >
          {program.kind === "shell" ? words.newShellAgain : words.runAgain}
        </Button>
      )}
    </div>
  );
}

/** Said by words and shape: whoever types and sees nothing must know why. */
function ViewOnly({ station, terminal, state }: RunningProps) {
  if (terminal.program?.kind === "exec") return null;
  const why = whyViewOnly(station, terminal, state);
  if (why === undefined) return null;
  return (
    <Tooltip label={why} multiline maw={380}>
      <Badge
        className="ssh-view-only"
        variant="outline"
        radius="sm"
        tabIndex={0}
        leftSection={<IconEyeOff size={12} />}
        aria-description={why}
      >
        {words.viewOnly}
      </Badge>
    </Tooltip>
  );
}

function whyViewOnly({ reach }: SshStation, { viewOnly }: TerminalState, state: SessionState) {
  if (viewOnly) return words.viewOnlyWhy(viewOnly.reason, viewOnly.rule);
  if (reach.shell && !reach.input) return words.viewOnlyByProfile;
  return state.classes.includes("configure") ? undefined : words.viewOnlyByRight;
}

function TerminalNotices({ terminal }: { readonly terminal: TerminalState }) {
  const { waiting, refusal, viewOnly, program } = terminal;
  if (waiting) {
    return (
      <Notice tone="attention" title={words.waitingTitle}>
        {words.waitingBody(waiting.rule)}
      </Notice>
    );
  }
  const refused = refusal ?? viewOnly;
  if (!refused) return null;
  const what = refusal === undefined ? words.typing : programName(program);
  return (
    <Notice tone="alarm" title={words.refusedTitle(what)}>
      {words.refusedBody(sentence(refused.reason), refused.rule)}
    </Notice>
  );
}

function programName(program: TerminalState["program"]): string {
  return program?.kind === "exec" ? program.command : words.aShell;
}
