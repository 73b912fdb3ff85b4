/** Names a device; administrators also say how the system that manages it calls it. */
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { DeviceView } from "../../broker/api/shapes/devices.ts";
import { devicesText as words } from "../text/devices.ts";
import { changeDevice } from "./devices.ts";
import { ProblemNotice } from "./states.tsx";

/** As the broker takes them. */
const NAME_MAX = 80;

interface ChangeDeviceProps {
  readonly device: DeviceView;
  readonly own: boolean;
  readonly onClose: () => void;
}

export function ChangeDevice({ device, own, onClose }: ChangeDeviceProps) {
  const [name, setName] = useState(device.name);
  const [inventory, setInventory] = useState(device.inventory);
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setThrown(undefined);
    try {
      await changeDevice(device.id, { name: name.trim(), ...(!own && { inventory }) }, own);
      onClose();
    } catch (failure) {
      setThrown(failure);
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={words.changeTitle}>
      <form onSubmit={(event) => void save(event)}>
        <Stack gap="sm">
          {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.notSaved} />}
          <TextInput
            label={words.nameLabel}
            value={name}
            maxLength={NAME_MAX}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {!own && (
            <TextInput
              label={words.inventory}
              description={words.inventoryAdvice}
              value={inventory}
              maxLength={NAME_MAX}
              onChange={(event) => setInventory(event.currentTarget.value)}
            />
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={busy} disabled={name.trim() === ""}>
              {words.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
