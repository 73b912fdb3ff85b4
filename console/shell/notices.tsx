/** Above any page: the connection is gone, something is locked, or a second passkey is missing. */
import { Button, CloseButton } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { IconAlertTriangleFilled, IconClockCheck, IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { useLiveState } from "../components/live.ts";
import { useMe, useRight } from "../components/me.ts";
import { requestsQuery } from "../components/queries.ts";
import { text } from "../text.ts";
import { BreakGlassNotice } from "./break-glass-notice.tsx";
import { SignInEnds } from "./sign-in-ends.tsx";
import {
  ConditionNotices,
  HoldsNotice,
  LocksNotice,
  ResponsesNotice,
} from "./supervision-notices.tsx";

export function Notices() {
  return (
    <div className="sp-notices">
      <div role="status">
        <LostConnection />
        <SignInEnds />
        <RequestWaits />
      </div>
      <LocksNotice />
      <BreakGlassNotice />
      <ResponsesNotice />
      <HoldsNotice />
      <ConditionNotices />
      <SecondPasskey />
    </div>
  );
}

function LostConnection() {
  if (useLiveState() !== "lost") return null;
  return (
    <div className="sp-notice" data-tone="attention">
      <IconAlertTriangleFilled size={15} aria-hidden />
      {text.shell.lost}
    </div>
  );
}

/** On every page but the one where it is answered; a session's page is left to the work. */
function RequestWaits() {
  const concerned = useRight("session:open", "session:end");
  const { data } = useQuery({ ...requestsQuery, enabled: concerned });
  const { pathname } = useLocation();
  const waiting = data?.filter((request) => request.mayDecide).length ?? 0;
  if (waiting === 0 || pathname === "/access" || pathname.startsWith("/sessions/")) return null;
  return (
    <div className="sp-notice" data-tone="attention">
      <IconClockCheck size={15} aria-hidden />
      <span>{text.shell.waiting(waiting)}</span>
      <Button component={Link} to="/access" size="compact-sm" variant="default">
        {text.shell.decide}
      </Button>
    </div>
  );
}

function SecondPasskey() {
  const me = useMe();
  const { pathname } = useLocation();
  const [later, setLater] = useSessionStorage({
    key: "sallyport.second-passkey-later",
    defaultValue: false,
  });
  const busyElsewhere = pathname === "/account" || pathname.startsWith("/sessions/");
  if (!me.wantsSecondPasskey || later || busyElsewhere) return null;
  return (
    <div className="sp-notice">
      <IconKey size={15} aria-hidden />
      <span>{text.shell.secondPasskey}</span>
      <Button component={Link} to="/account" size="compact-sm" variant="default">
        {text.shell.addPasskey}
      </Button>
      <CloseButton size="sm" aria-label={text.shell.later} onClick={() => setLater(true)} />
    </div>
  );
}
