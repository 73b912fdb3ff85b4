/** What I may reach and how long, what I asked for, what waits for my yes. */
import "./access.css";
import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api } from "../../components/api.ts";
import { useMe, useRight } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { myGrantsQuery, requestsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { useSite } from "../../components/site.ts";
import { requestFormText, accessText as words } from "../../text/access.ts";
import { MyGrants, waitingOf } from "./my-grants.tsx";
import { RequestForm } from "./request-form.tsx";
import { RequestList } from "./request-list.tsx";
import { WaitingList } from "./waiting-list.tsx";

/**
 * `?new=ASSET/ENDPOINT` opens the form for that endpoint: the way from the plant page.
 * `?request=ID` leads to what waits: the way from a notice elsewhere.
 */
export function AccessPage() {
  const me = useMe();
  const mayAsk = useRight("session:open");
  const mayBreak = useRight("break-glass:open");
  const requests = useQuery(requestsQuery);
  const grants = useQuery({ ...myGrantsQuery, enabled: mayAsk });
  const [search, setSearch] = useSearchParams();
  const { shows } = useSite();
  const asking = mayAsk ? search.get("new") : null;
  const waiting = requests.data?.filter((request) => request.mayDecide) ?? [];
  const isVendor = me.person.roles.includes("vendor");
  return (
    <Page
      title={words.title}
      summary={words.summary(grants.data?.length, waiting.length)}
      actions={
        <>
          {mayBreak && (
            <Button component={Link} to="/break-glass?new=" variant="default">
              {words.breakGlass}
            </Button>
          )}
          {mayAsk && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => setSearch({ new: "" })}>
              {words.request}
            </Button>
          )}
        </>
      }
    >
      <QueryView query={requests} failed={words.failed}>
        {(all) => (
          <>
            <WaitingList requests={waiting} meant={search.get("request")} />
            {mayAsk && (
              <QueryView query={grants} failed={words.failed}>
                {(held) => (
                  <MyGrants
                    grants={held.filter(({ site }) => shows(site))}
                    isVendor={isVendor}
                    waiting={waitingOf(all)}
                  />
                )}
              </QueryView>
            )}
            <RequestList
              requests={all.filter(({ mayDecide, sites }) => !mayDecide && sites.some(shows))}
            />
          </>
        )}
      </QueryView>
      {asking !== null && (
        <RequestForm
          title={requestFormText.title}
          endpoint={asking}
          send={api.makeRequest}
          onClose={() => setSearch({}, { replace: true })}
        />
      )}
    </Page>
  );
}
