/** On every page: what is locked, and what waits for this person's answer. */
import { Button } from "@mantine/core";
import { IconHandStop, IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "react-router";
import type { LockView } from "../../broker/api/shapes/locks.ts";
import { waitsForSupervisor } from "../components/conditions.tsx";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { consentsQuery } from "../components/consents.ts";
import { useRight } from "../components/me.ts";
import { queryClient, sessionsQuery } from "../components/queries.ts";
import { responsesQuery } from "../components/responses.ts";
import { holdsQuery, liftLock, locksQuery } from "../components/supervision.ts";
import { conditionText } from "../text/conditions.ts";
import { responseText } from "../text/responses.ts";
import { supervisionText } from "../text/supervision.ts";

export function LocksNotice() {
  const { data } = useQuery(locksQuery);
  const [lifting, setLifting] = useState<LockView | null>(null);
  return (
    <div role="status">
      {data?.map((lock) => (
        <LockLine key={lock.id} lock={lock} onLift={() => setLifting(lock)} />
      ))}
      {lifting && <LiftDialog lock={lifting} onClose={() => setLifting(null)} />}
    </div>
  );
}

const words = supervisionText.locks;

interface LockLineProps {
  readonly lock: LockView;
  readonly onLift: () => void;
}

function LockLine({ lock, onLift }: LockLineProps) {
  const { kind, targetName, reason, lockedBy, liftBy, mayLift } = lock;
  const needsTwo = kind === "site" && liftBy === null;
  return (
    <div className="sp-notice" data-tone="alarm">
      <IconLock size={16} aria-hidden />
      <span>
        <strong>{words.is(kind, targetName)}</strong> {words.by(lockedBy, reason)}{" "}
        {liftBy !== null && words.agreed(liftBy)}
      </span>
      {mayLift && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={words.liftNamed(kind, targetName)}
          onClick={onLift}
        >
          {needsTwo ? words.agree : words.lift}
        </Button>
      )}
    </div>
  );
}

interface LiftDialogProps {
  readonly lock: LockView;
  readonly onClose: () => void;
}

function LiftDialog({ lock, onClose }: LiftDialogProps) {
  const { id, kind, liftBy } = lock;
  const site = kind === "site";
  async function lift() {
    await liftLock(id);
    await queryClient.invalidateQueries();
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.liftTitle}
      action={site && liftBy === null ? words.agree : words.lift}
      onConfirm={lift}
    >
      {site ? words.liftBodySite : words.liftBody}
    </ConfirmDialog>
  );
}

export function HoldsNotice() {
  const mayAnswer = useRight("hold:answer");
  const { data } = useQuery({ ...holdsQuery, enabled: mayAnswer });
  const { pathname } = useLocation();
  const count = data?.filter(({ state, mayAnswer }) => state === "waiting" && mayAnswer).length;
  return (
    <div role="status">
      {count !== undefined && count > 0 && pathname !== "/live" && (
        <div className="sp-notice" data-tone="attention">
          <IconHandStop size={16} aria-hidden />
          {supervisionText.holds.notice(count)}
          <Button component={Link} to="/live" size="compact-sm" variant="default">
            {supervisionText.holds.answer}
          </Button>
        </div>
      )}
    </div>
  );
}

/** What findings stopped, for who may let it go on. */
export function ResponsesNotice() {
  const mayAnswer = useRight("session:freeze");
  const { data } = useQuery({ ...responsesQuery, enabled: mayAnswer });
  const count = data?.waiting.filter((each) => each.mayAnswer).length ?? 0;
  const { notice, answer } = responseText.waiting;
  return (
    <div role="status">{count > 0 && <ToLive text={notice(count)} act={answer} to="/live" />}</div>
  );
}

/** Sessions that ask the control room, and those that wait for somebody to watch. */
export function ConditionNotices() {
  const mayConsent = useRight("session:consent");
  const mayWatch = useRight("session:watch");
  const consents = useQuery({ ...consentsQuery, enabled: mayConsent });
  const sessions = useQuery({ ...sessionsQuery, enabled: mayWatch });
  const asked = consents.data?.filter(({ mayAnswer }) => mayAnswer).length ?? 0;
  const alone = sessions.data?.filter(
    ({ conditions, mine }) => !mine && waitsForSupervisor(conditions),
  );
  const { consent, supervisor } = conditionText;
  const first = alone?.[0]?.id;
  return (
    <div role="status">
      {asked > 0 && <ToLive text={consent.notice(asked)} act={consent.answer} to="/live" />}
      {alone && first !== undefined && (
        <ToLive
          text={supervisor.notice(alone.length)}
          act={supervisor.watch}
          to={alone.length === 1 ? `/live/${first}` : "/live"}
        />
      )}
    </div>
  );
}

interface ToLiveProps {
  readonly text: string;
  readonly act: string;
  readonly to: string;
}

/** Nothing on the page that it leads to. */
function ToLive({ text, act, to }: ToLiveProps) {
  const { pathname } = useLocation();
  if (pathname === to || (pathname === "/live" && to.startsWith("/live"))) return null;
  return (
    <div className="sp-notice" data-tone="attention">
      <IconHandStop size={16} aria-hidden />
      {text}
      <Button component={Link} to={to} size="compact-sm" variant="default">
        {act}
      </Button>
    </div>
  );
}
