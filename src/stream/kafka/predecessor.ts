import { setTimeout as pause } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Shared } from './claim.ts'
import { explain } from './failures.ts'
import { clusterOf } from './repairs.ts'

/**
 * Members of the group that an earlier process of this name left behind: killed, it could not say good-bye, and the group
 * would wait for its session to end. Empty where brokers do not tell.
 */
export async function leftovers({ settings, admin }: Shared, groupId: string): Promise<string[]> {
  try {
    const { groups } = await admin.describeGroups([groupId])
    const members = groups.flatMap((group) => group.members)
    return members.filter(({ clientId }) => clientId === settings.clientId).map(({ memberId }) => memberId)
  } catch (error) {
    settings.log('debug', 'a group could not be described', { group: groupId, error: explain(error) })
    return []
  }
}

/**
 * Says good-bye for them, once this process is joining: a group that runs empty would delay its first member. One that is
 * alive after all joins again, and its lanes are fenced by whoever opens them. Never rejects.
 */
export async function evict(
  { settings, admin }: Shared,
  kafka: Kafka,
  groupId: string,
  members: readonly string[],
): Promise<void> {
  if (members.length === 0) return
  const cluster = clusterOf(kafka)
  try {
    for (let tries = 0; tries < 20; tries++) {
      const { groups } = await admin.describeGroups([groupId])
      if (groups[0]?.state === 'PreparingRebalance') break
      await pause(25)
    }
    await cluster.connect()
    await cluster.refreshMetadata()
    const coordinator = await cluster.findGroupCoordinator({ groupId })
    for (const memberId of members) await coordinator.leaveGroup({ groupId, memberId })
    settings.log('info', 'a process before this one was taken out of its group', {
      group: groupId,
      members: members.length,
    })
  } catch (error) {
    settings.log('info', 'a process before this one stays in its group', { group: groupId, error: explain(error) })
  } finally {
    await cluster.disconnect().catch(() => {})
  }
}
