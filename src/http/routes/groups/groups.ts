/**
 * Groups: making them, looking at them, stopping them, sending them elsewhere.
 *
 * @module
 */
import { z } from "zod";
import type { EventGroups } from "../../../services/event_groups.ts";
import { type Route, route } from "../../route.ts";
import {
  Group,
  GROUP_EXAMPLE,
  GroupInput,
  groupOf,
  GroupPath,
  policyOf,
  Start,
  TAGS,
} from "./schemas.ts";

const GroupList = z.object({ groups: z.array(Group) }).meta({
  id: "GroupList",
  example: { groups: [GROUP_EXAMPLE] },
});

/** The routes of groups as a whole. */
export function groupRoutes(groups: EventGroups): readonly Route[] {
  const answer = async (name: string, signal: AbortSignal) => ({
    status: 200 as const,
    json: groupOf(await groups.get(name, signal)),
  });

  return [
    route({
      method: "GET",
      path: "/api/v1/events/groups",
      id: "listGroups",
      summary: "Every consumer group, and how far it is",
      description: "By name; the log is read once to measure all of them.",
      tags: TAGS,
      responses: { 200: { description: "The groups.", schema: GroupList } },
      errors: [503, 504],
      handle: async ({ signal }) => {
        const views = await groups.list(signal);
        return { status: 200, json: { groups: views.map(groupOf) } };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/events/groups/{name}",
      id: "getGroup",
      summary: "How far a consumer group is",
      description: "Its place, what is out with members, and its policy.",
      tags: TAGS,
      request: { params: GroupPath },
      responses: { 200: { description: "The group.", schema: Group } },
      errors: [404, 503, 504],
      handle: ({ params, signal }) => answer(params.name, signal),
    }),

    route({
      method: "PUT",
      path: "/api/v1/events/groups/{name}",
      id: "putGroup",
      summary: "Make a consumer group, or change how it reads",
      description:
        "Members of a group share its events: each is settled once. A group " +
        "that is there keeps its place, whatever `start` says: use seek.",
      tags: TAGS,
      request: { params: GroupPath, body: GroupInput },
      responses: {
        200: { description: "The group that was there.", schema: Group },
        201: { description: "The new group.", schema: Group },
      },
      errors: [409, 410, 501, 503, 504, 507],
      handle: async ({ params: { name }, body, signal }) => {
        const { start = "head" } = body;
        const policy = policyOf(body);
        const isNew = await groups.put(name, { policy, start }, signal);
        const json = groupOf(await groups.get(name, signal));
        return isNew ? { status: 201, json } : { status: 200, json };
      },
    }),

    route({
      method: "DELETE",
      path: "/api/v1/events/groups/{name}",
      id: "deleteGroup",
      summary: "Forget a consumer group and its dead letters",
      description:
        "The log stays; what is with members is not theirs any more.",
      tags: TAGS,
      request: { params: GroupPath },
      responses: { 204: { description: "It is gone." } },
      errors: [404, 503, 504, 507],
      handle: async ({ params, signal }) => {
        await groups.remove(params.name, signal);
        return { status: 204, empty: true };
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/groups/{name}/pause",
      id: "pauseGroup",
      summary: "Give nothing more to the members of a group",
      description: "What is with members may still be settled.",
      tags: TAGS,
      request: { params: GroupPath },
      responses: { 200: { description: "The group.", schema: Group } },
      errors: [404, 503, 504, 507],
      handle: async ({ params: { name }, signal }) => {
        await groups.pause(name);
        return await answer(name, signal);
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/groups/{name}/resume",
      id: "resumeGroup",
      summary: "Let a group go on",
      description:
        "After a pause, or after it has stopped by itself. One that has lost " +
        "its place in the log answers 409 or 410: send it elsewhere with seek.",
      tags: TAGS,
      request: { params: GroupPath },
      responses: { 200: { description: "The group.", schema: Group } },
      errors: [404, 409, 410, 503, 504, 507],
      handle: async ({ params: { name }, signal }) => {
        await groups.resume(name);
        return await answer(name, signal);
      },
    }),

    route({
      method: "POST",
      path: "/api/v1/events/groups/{name}/seek",
      id: "seekGroup",
      summary: "Have a group read on from elsewhere",
      description:
        "Whatever was settled; what is with members is not theirs any more. " +
        "Dead letters stay; 409 where one beyond the place is of another life " +
        "of the log.",
      tags: TAGS,
      request: {
        params: GroupPath,
        body: z.strictObject({ to: Start }).meta({ example: { to: "1207" } }),
      },
      responses: { 200: { description: "The group.", schema: Group } },
      errors: [404, 409, 410, 503, 504, 507],
      handle: async ({ params: { name }, body, signal }) => {
        await groups.seek(name, body.to, signal);
        return await answer(name, signal);
      },
    }),
  ];
}
