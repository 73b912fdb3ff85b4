/** Lockdown from the plant page: the chosen asset, a zone, or the whole site. */
import { Button, Menu } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import type { AssetView, NamedSiteView, PlantView } from "../../../broker/api/shapes/plant.ts";
import { LockDialog, type LockTarget } from "../../components/lock-dialog.tsx";
import { useRight } from "../../components/me.ts";
import { compareWords } from "../../components/table-order.ts";
import { supervisionText } from "../../text/supervision.ts";

const words = supervisionText.locks;

interface PlantLockMenuProps {
  readonly plant: PlantView;
  /** The one that is looked at, of several. */
  readonly site: NamedSiteView | undefined;
  /** The one that is shown, if any. */
  readonly asset: AssetView | undefined;
}

export function PlantLockMenu({ plant, site, asset }: PlantLockMenuProps) {
  const [target, setTarget] = useState<LockTarget | null>(null);
  const mayLock = useRight("lock:set");
  if (!mayLock) return null;
  const zones = plant.zones.toSorted((a, b) => compareWords(a.name, b.name));
  // Who must lock all does not look for it below two hundred zones.
  const targets: readonly LockTarget[] = [
    ...(asset ? [{ kind: "asset", id: asset.id, name: asset.name } as const] : []),
    ...(site ? [site] : [...plant.sites, plant.site]).map(
      ({ id, name }) => ({ kind: "site", id, name }) as const,
    ),
    ...zones.map(({ id, name }) => ({ kind: "zone", id, name }) as const),
  ];
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconLock size={15} />}>
            {words.menu}
          </Button>
        </Menu.Target>
        <Menu.Dropdown className="sp-lock-menu">
          {targets.map((each) => (
            <Menu.Item key={`${each.kind} ${each.id}`} onClick={() => setTarget(each)}>
              {`${words.act(each.kind)}: ${each.name}`}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {target && <LockDialog target={target} onClose={() => setTarget(null)} />}
    </>
  );
}
