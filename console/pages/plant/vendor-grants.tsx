/** Somebody from outside comes for one job: what they may do and how long, before anything else. */
import { useQuery } from "@tanstack/react-query";
import { myGrantsQuery, requestsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { accessText } from "../../text/access.ts";
import { MyGrants, waitingOf } from "../access/my-grants.tsx";
import "../access/access.css";

export function VendorGrants() {
  const grants = useQuery(myGrantsQuery);
  const requests = useQuery(requestsQuery);
  return (
    <QueryView query={grants} failed={accessText.failed}>
      {(held) => (
        <MyGrants grants={held} isVendor waiting={waitingOf(requests.data ?? [])} leadsToAccess />
      )}
    </QueryView>
  );
}
