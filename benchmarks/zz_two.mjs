// wall time per predict, threads 1 and 2 interleaved
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import * as sts from 'tfjs-sts';
import {setThreads} from 'tfjs-sts/wasm';
const createNetwork = sts.createNetwork ?? (await import('tfjs-sts/networks')).createNetwork;
tf.enableProdMode();
await setThreads(2);
const median=(a)=>[...a].sort((x,y)=>x-y)[Math.floor(a.length/2)];
for (const name of ['x3d_s','x3d_s_sts']) {
  const model = createNetwork(name,{frames:13,height:160,width:160,weightless:true});
  const frozen = sts.freeze(model); model.dispose();
  const clip = tf.randomUniform([1,13,160,160,3],-1,1,'float32',1);
  const times={1:[],2:[]};
  for (let round=0; round<+(process.argv[2]??6); round++) for (const threads of [1,2]) {
    await setThreads(threads);
    for (let i=0;i<8;i++){const s=performance.now(); frozen.predict(clip).dispose(); const t=performance.now()-s; if(i>1) times[threads].push(t)}
  }
  const q=(a,p)=>[...a].sort((x,y)=>x-y)[Math.floor(a.length*p)];
  console.log(name,'1:',median(times[1]).toFixed(1),'2:',median(times[2]).toFixed(1),'ratio',(median(times[1])/median(times[2])).toFixed(2),'p20 ratio',(q(times[1],.2)/q(times[2],.2)).toFixed(2));
  frozen.dispose(); clip.dispose();
}
await setThreads(1);
