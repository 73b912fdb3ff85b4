/** On every page, sessions' too: this sign-in ends soon; the passkey begins its time anew, and the work goes on. */
import { Button } from "@mantine/core";
import { IconClockExclamation } from "@tabler/icons-react";
import { useState } from "react";
import { useMe } from "../components/me.ts";
import { useNow } from "../components/now.ts";
import { ProblemNotice } from "../components/states.tsx";
import { stepUp } from "../components/step-up.ts";
import { TimeLeft } from "../components/time.tsx";
import { text } from "../text.ts";
import { isEndingSoon } from "./ending-soon.ts";

const words = text.shell.signInEnds;

export function SignInEnds() {
  const me = useMe();
  const nowMs = useNow();
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  if (!isEndingSoon(me, nowMs)) return null;
  async function renew() {
    setBusy(true);
    setThrown(undefined);
    await stepUp().catch(setThrown);
    setBusy(false);
  }
  return (
    <>
      <div className="sp-notice" data-tone="attention">
        <IconClockExclamation size={15} aria-hidden />
        <span>
          {words.left}{" "}
          <span aria-live="off">
            <TimeLeft atMs={me.absoluteEndsMs} />
          </span>
          {". "}
          {me.mayRenew ? words.renewable : words.anew}
        </span>
        {me.mayRenew && (
          <Button size="compact-sm" variant="default" loading={busy} onClick={() => void renew()}>
            {words.renew}
          </Button>
        )}
      </div>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.failed} />}
    </>
  );
}
