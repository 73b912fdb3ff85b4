/** The screen of a panel with its tools; noVNC draws it. */

import { Badge, Button, CloseButton, Loader, Switch } from "@mantine/core";
import RFB from "@novnc/novnc";
import { IconAlertOctagonFilled, IconEye, IconHourglass } from "@tabler/icons-react";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { OperationClass } from "../../../protocols/guard.ts";
import { panelText as words } from "../../text/panel.ts";
import type { SessionState } from "../session-state.ts";
import { ClipboardTool } from "./clipboard-tool.tsx";
import { KeyMenu } from "./key-menu.tsx";
import { useLeaveKeys } from "./leave-keys.ts";
import type { Judged, MakeViewer, PanelDesk, PanelState } from "./panel-desk.ts";

interface PanelViewProps {
  readonly desk: PanelDesk;
  readonly state: SessionState;
  readonly assetName: string;
  /** What the session may do when nothing keeps it back. */
  readonly granted: readonly OperationClass[];
  /** What the profile permits of it at all. */
  readonly reach: PanelReach;
}

export interface PanelReach {
  /** Chords for the menu. */
  readonly keys: readonly string[];
  readonly clipboard: readonly ("in" | "out")[];
}

export function PanelView({ desk, state, assetName, granted, reach }: PanelViewProps) {
  const panel = useSyncExternalStore(desk.subscribe, desk.state);
  const [fits, setFits] = useState(true);
  const [pressedAt, setPressedAt] = useState<Place | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const rfb = useRef<RFB | undefined>(undefined);
  const enter = useRef<HTMLButtonElement>(null);
  const leaveKeys = useLeaveKeys(enter);
  const operates = state.classes.includes("operate");
  useScreen(desk, box, rfb, fits, words.screenKeys(assetName));
  useEffect(() => {
    desk.viewOnly = !operates;
  }, [desk, operates]);
  const copies = state.classes.includes("transfer") && reach.clipboard.length > 0;
  const press = (keysyms: readonly number[]) => {
    pressChord(rfb.current, keysyms);
    rfb.current?.focus();
  };
  const ready = panel.phase === "shown";
  return (
    <section className="vnc-panel" aria-label={words.screen(assetName)}>
      <div className="vnc-tools">
        <Standing operates={operates} granted={granted} />
        <div className="vnc-buttons">
          {operates && (
            <Button
              ref={enter}
              className="vnc-enter"
              size="compact-sm"
              variant="default"
              disabled={!ready}
              onClick={() => rfb.current?.focus()}
            >
              {words.enter}
            </Button>
          )}
          {operates && reach.keys.length > 0 && (
            <KeyMenu keys={reach.keys} disabled={!ready} onPress={press} />
          )}
          {copies && (
            <ClipboardTool
              ways={reach.clipboard}
              disabled={!ready}
              copied={panel.copied}
              onSend={(text) => rfb.current?.clipboardPasteFrom(text)}
            />
          )}
          <Fit checked={fits} onChange={setFits} />
        </div>
      </div>
      <div
        className="vnc-stage"
        data-fits={fits}
        data-phase={panel.phase}
        onPointerDownCapture={(event) => setPressedAt(placeIn(event))}
        {...leaveKeys}
      >
        <div className="vnc-screen" ref={box} data-testid="vnc-screen" />
        {pressedAt && panel.refusal?.action === "rfb:click" && (
          <div className="vnc-refused-place" style={pressedAt} aria-hidden />
        )}
        <Absent panel={panel} onAgain={() => desk.again()} />
        <Told panel={panel} onDismiss={() => desk.dismiss()} />
      </div>
    </section>
  );
}

interface FitProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Fit({ checked, onChange }: FitProps) {
  return (
    <Switch
      size="sm"
      label={words.fit}
      title={words.fitHelp}
      checked={checked}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

interface Place {
  readonly left: number;
  readonly top: number;
}

/** Where a refused click is shown: where the hand was. */
function placeIn({
  currentTarget,
  clientX,
  clientY,
  target,
}: React.PointerEvent): Place | undefined {
  if (!(target instanceof HTMLCanvasElement)) return undefined;
  const { left, top } = currentTarget.getBoundingClientRect();
  const { scrollLeft, scrollTop } = currentTarget;
  return { left: clientX - left + scrollLeft, top: clientY - top + scrollTop };
}

/** One noVNC for each channel, in one box. */
function useScreen(
  desk: PanelDesk,
  box: React.RefObject<HTMLDivElement | null>,
  current: React.RefObject<RFB | undefined>,
  fits: boolean,
  name: string,
): void {
  const fitting = useRef(fits);
  fitting.current = fits;
  const make = useCallback<MakeViewer>(
    (channel, events) => {
      const target = box.current;
      if (!target) throw new Error("the screen has no place");
      const rfb = new RFB(target, channel, { shared: true });
      rfb.background = "transparent";
      const canvas = target.querySelector("canvas");
      canvas?.setAttribute("role", "application");
      canvas?.setAttribute("aria-label", name);
      rfb.scaleViewport = fitting.current;
      rfb.addEventListener("connect", () => {
        events.connected();
        rfb.focus({ preventScroll: true });
      });
      rfb.addEventListener("clipboard", (event) => {
        events.copied((event as CustomEvent<{ readonly text: string }>).detail.text);
      });
      current.current = rfb;
      return {
        get viewOnly() {
          return rfb.viewOnly;
        },
        set viewOnly(viewOnly) {
          rfb.viewOnly = viewOnly;
        },
        close: () => {
          rfb.disconnect();
          if (current.current === rfb) current.current = undefined;
        },
      };
    },
    [box, current, name],
  );
  useEffect(() => desk.show(make), [desk, make]);
  useEffect(() => {
    if (current.current) current.current.scaleViewport = fits;
  }, [current, fits]);
}

function pressChord(rfb: RFB | undefined, keysyms: readonly number[]): void {
  for (const keysym of keysyms) rfb?.sendKey(keysym, null, true);
  for (const keysym of [...keysyms].reverse()) rfb?.sendKey(keysym, null, false);
}

interface StandingProps {
  readonly operates: boolean;
  readonly granted: readonly OperationClass[];
}

function Standing({ operates, granted }: StandingProps) {
  if (operates) return <span className="wb-dim">{words.mayOperate}</span>;
  const why = granted.includes("operate") ? words.viewOnlyByRight : words.viewOnlyByProfile;
  return (
    <span className="vnc-standing">
      <Badge variant="outline" className="vnc-view-only" leftSection={<IconEye size={12} />}>
        {words.viewOnly}
      </Badge>
      <span className="wb-dim">{why}</span>
    </span>
  );
}

interface ToldProps {
  readonly panel: PanelState;
  readonly onDismiss: () => void;
}

/** What waits for a person, or what was refused last: over the screen, which must not move under a hand. */
function Told({ panel: { refusal, waiting }, onDismiss }: ToldProps) {
  if (waiting) {
    return (
      <div className="vnc-told" role="status">
        <IconHourglass size={15} aria-hidden />
        <div>
          <strong>{words.waitingTitle}</strong>
          <p>{words.waitingBody(waiting.rule)}</p>
        </div>
      </div>
    );
  }
  if (!refusal) return null;
  return (
    <div className="vnc-told" data-tone="alarm" role="alert">
      <IconAlertOctagonFilled size={15} aria-hidden />
      <div>
        <strong>{words.refusedTitle(whatOf(refusal))}</strong>
        <p>{words.refusedBody(refusal.reason, refusal.rule)}</p>
      </div>
      <CloseButton size="sm" aria-label={words.dismiss} onClick={onDismiss} />
    </div>
  );
}

function whatOf({ action }: Judged): string {
  return words.what[action] ?? words.something;
}

interface AbsentProps {
  readonly panel: PanelState;
  readonly onAgain: () => void;
}

function Absent({ panel: { phase, closed }, onAgain }: AbsentProps) {
  if (phase === "shown") return null;
  if (closed !== undefined) {
    return (
      <div className="vnc-absent" role="status">
        <strong>{words.closedTitle}</strong>
        <p>{words.closedBody(closed)}</p>
        <Button size="xs" onClick={onAgain}>
          {words.again}
        </Button>
      </div>
    );
  }
  return (
    <div className="vnc-absent" role="status">
      <Loader size="sm" />
      <p>{phase === "away" ? words.away : words.connecting}</p>
    </div>
  );
}
