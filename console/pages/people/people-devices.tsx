/** Devices of everybody: what administrators name, and revoke when one is lost. */
import { Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PersonsDeviceView } from "../../../broker/api/shapes/devices.ts";
import { DeviceTable } from "../../components/device-table.tsx";
import { allDevicesQuery } from "../../components/devices.ts";
import { FilterField } from "../../components/filter-field.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { devicesText as words } from "../../text/devices.ts";

export function PeopleDevices() {
  const query = useQuery(allDevicesQuery);
  return (
    <section>
      <Title order={2} size="h5" mt="xl" mb={6}>
        {words.ofEverybody}
      </Title>
      <QueryView query={query} failed={words.failed}>
        {(devices) =>
          devices.length === 0 ? (
            <Empty title={words.empty}>{words.emptyBody}</Empty>
          ) : (
            <Filtered devices={devices} />
          )
        }
      </QueryView>
    </section>
  );
}

function Filtered({ devices }: { readonly devices: readonly PersonsDeviceView[] }) {
  const [filter, setFilter] = useState("");
  const rows = devices.filter((device) => matchesFilter(filter, searchText(device)));
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
      </div>
      <DeviceTable
        devices={rows}
        first={PERSON}
        own={false}
        filtered
        onClearFilter={() => setFilter("")}
      />
    </>
  );
}

const PERSON = {
  key: "person",
  title: words.person,
  sortBy: (d: PersonsDeviceView) => d.person.name,
  cell: (d: PersonsDeviceView) => d.person.name,
};

function searchText({ name, person, address, inventory, kind }: PersonsDeviceView): string {
  return [name, person.name, address, inventory, words.kind[kind]].join(" ");
}
