import { planOf, layoutsOf } from './src/detection/plan.ts'
import { loadDetectors } from './src/command/engine.ts'
import { StepTallies } from './src/stage/collect/tallies.ts'
import { randomFor } from './src/demo/random.ts'
import { callOf } from './test/fakes/call.ts'
const all = await loadDetectors()
const sets = { before: ['error-burst','get-spike','payload-outlier'], denied: ['error-burst','get-spike','payload-outlier','denied-burst'], both: [...all.keys()] }
const random = randomFor(7)
const N = 200_000
const calls = Array.from({length:N},(_, i)=>{ const obj=random.unit()<0.5; const r=random.below(75); const id=random.below(100000)
  const u=random.unit()
  return callOf({ method: random.unit()<.8?'GET':'POST', service:'svc-'+(r%10), route: obj?`/v1/things-${r}/{id}`:`/v1/list-${r}`, path: obj?`/v1/things-${r}/${id}`:`/v1/list-${r}`, status: u<.01?403:u<.02?401:u<.04?404:200, identity:'spiffe://cluster.local/ns/a/sa/id-'+random.below(300), requestBytes: 100, responseBytes: 2000+id%100, requestId:`r-${i}` } as never) })
const hashes = calls.map(()=>random.below(2**32-1)>>>0)
for (let round=0; round<6; round++) for (const [name, list] of Object.entries(sets)) {
  const plan = planOf(list.map(n=>{const d=all.get(n)!;return {detector:d, params:d.params.parse({})}}),1,16)
  const layouts = layoutsOf(plan)
  let bytes=0
  const t=process.cpuUsage()
  for (let s=0;s<N;s+=20000){ const st=new StepTallies(layouts,16)
    for(let i=s;i<s+20000;i++) st.add(calls[i]!, Math.floor(i/5000), 'r-'+i, hashes[i]!)
    for(const p of st.blocks(8,{source:'s',sources:1,at:0,idleAt:null})) for(const b of p) bytes+=b.length }
  const c=process.cpuUsage(t)
  if(round>1) console.log(name, ((c.user+c.system)*1000/N).toFixed(0),'ns/call', (bytes/N).toFixed(1),'B/call', 'row', plan.identity.width*8+plan.identity.binsWidth*2, plan.endpoint.width*8+plan.endpoint.binsWidth*2)
}
