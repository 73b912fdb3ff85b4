/** Above any page: the connection is gone, something is locked, or a second passkey is missing. */
import { Button, CloseButton } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { IconAlertTriangleFilled, IconKey } from "@tabler/icons-react";
import { Link, useLocation } from "react-router";
import { useLiveState } from "../components/live.ts";
import { useMe } from "../components/me.ts";
import { text } from "../text.ts";
import { HoldsNotice, LocksNotice } from "./supervision-notices.tsx";

export function Notices() {
  return (
    <>
      <div role="status">
        <LostConnection />
      </div>
      <LocksNotice />
      <HoldsNotice />
      <SecondPasskey />
    </>
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
