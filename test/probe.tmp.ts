import { specimens } from "./soundness/suite/specimens.js";
import { Subject } from "./soundness/suite/engine/subject.js";
import { Random } from "./support/cases.js";
for (const sp of specimens) {
  const random = new Random(3);
  const first = sp.sample(random);
  let t=performance.now();
  const s = await Subject.of(sp, Object.keys(first));
  const load=performance.now()-t; t=performance.now();
  const counts:Record<string,number>={};
  const N= sp.name.includes("x16")?60:400;
  for (let i=0;i<N;i++) {
    const inputs = sp.sample(random);
    const v = s.begin(inputs);
    const m = s.meaning();
    const kind = m==="refused"||m==="unclaimed"?m:"claimed";
    const key=`${kind}/${v.length===0?"accepted":"rejected"}`;
    counts[key]=(counts[key]??0)+1;
    if (v.length===0) { const f=s.falsehood(); if (f) console.log("FALSE", sp.name, f); }
    if (v.length>0 && kind==="claimed") { console.log("REJECTS", sp.name, s.system.rules[v[0]!]!.wires.map(w=>s.system.names[w]).join(" ").slice(0,200)); break;}
  }
  console.log(sp.name, s.system.wires, s.system.rules.length, "free", s.solver.plan.free.length, counts, load.toFixed(0), ((performance.now()-t)/N).toFixed(2)+"ms each");
}
