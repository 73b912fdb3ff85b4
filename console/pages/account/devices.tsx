import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { DeviceTable } from "../../components/device-table.tsx";
import { enrolAnew, ownDevicesQuery } from "../../components/devices.ts";
import { useMe } from "../../components/me.ts";
import { QueryView } from "../../components/query-view.tsx";
import { Empty, ProblemNotice } from "../../components/states.tsx";
import { devicesText as words } from "../../text/devices.ts";

export function Devices() {
  const query = useQuery(ownDevicesQuery);
  const { deviceId } = useMe();
  return (
    <>
      <Text size="sm" c="dimmed" mb={6}>
        {words.explain}
      </Text>
      {deviceId === null && <EnrolThis />}
      <QueryView query={query} failed={words.failed}>
        {(devices) =>
          devices.length === 0 ? (
            <Empty title={words.empty}>{words.emptyBody}</Empty>
          ) : (
            <DeviceTable devices={devices} own />
          )
        }
      </QueryView>
    </>
  );
}

/** After it was revoked, or signed in before it had a key. */
function EnrolThis() {
  const [busy, setBusy] = useState(false);
  const [thrown, setThrown] = useState<unknown>();
  const enrol = async () => {
    setBusy(true);
    setThrown(undefined);
    await enrolAnew().catch(setThrown);
    setBusy(false);
  };
  return (
    <div className="sp-account-add" role="status">
      <Text size="sm">{words.notEnrolled}</Text>
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.enrolFailed} />}
      <div>
        <Button loading={busy} onClick={() => void enrol()}>
          {words.enrol}
        </Button>
      </div>
    </div>
  );
}
