/** Beside a live session: lock who is in it, or the asset that it is on. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import type { LiveSessionView } from "../../../broker/api/shapes/sessions.ts";
import { LockDialog, type LockTarget } from "../../components/lock-dialog.tsx";
import { useRight } from "../../components/me.ts";
import { supervisionText } from "../../text/supervision.ts";

const words = supervisionText.locks;

export function LockMenu({ session }: { readonly session: LiveSessionView }) {
  const [target, setTarget] = useState<LockTarget | null>(null);
  const mayLock = useRight("lock:set");
  if (!mayLock) return null;
  const { subject, asset } = session;
  const targets: readonly LockTarget[] = [
    { kind: "person", id: subject.id, name: subject.name },
    { kind: "asset", id: asset.id, name: asset.name },
  ];
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={26}
            aria-label={words.more(subject.name, asset.name)}
            title={words.menu}
          >
            <IconLock size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {targets.map((each) => (
            <Menu.Item key={each.kind} onClick={() => setTarget(each)}>
              {`${words.act(each.kind)}: ${each.name}`}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {target && <LockDialog target={target} onClose={() => setTarget(null)} />}
    </>
  );
}
