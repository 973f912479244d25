// Generated from contracts/ by `npm run contracts`. Do not edit.
import type { Binding, TypedContract, View, Write } from "../binding.js";

export interface MockV3Aggregator extends TypedContract {
  readonly decimals: View<[], bigint>;
  readonly description: View<[], string>;
  readonly getAnswer: View<[value0: bigint], bigint>;
  readonly getRoundData: View<[roundId: bigint], { readonly roundId: bigint; readonly answer: bigint; readonly startedAt: bigint; readonly updatedAt: bigint; readonly answeredInRound: bigint }>;
  readonly getTimestamp: View<[value0: bigint], bigint>;
  readonly latestAnswer: View<[], bigint>;
  readonly latestRound: View<[], bigint>;
  readonly latestRoundData: View<[], { readonly roundId: bigint; readonly answer: bigint; readonly startedAt: bigint; readonly updatedAt: bigint; readonly answeredInRound: bigint }>;
  readonly latestTimestamp: View<[], bigint>;
  readonly updateAnswer: Write<[answer: bigint], void>;
  readonly updateRoundData: Write<[roundId: bigint, answer: bigint, timestamp: bigint, startedAt: bigint], void>;
  readonly version: View<[], bigint>;
}

export interface MockV3AggregatorEvents {
  readonly AnswerUpdated: { readonly current: bigint; readonly roundId: bigint; readonly updatedAt: bigint };
  readonly NewRound: { readonly roundId: bigint; readonly startedBy: string; readonly startedAt: bigint };
}

/** From node_modules/@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol */
export const mockV3Aggregator: Binding<MockV3Aggregator, MockV3AggregatorEvents, [decimals: bigint, initialAnswer: bigint]> = {
  name: "MockV3Aggregator",
  abi: [
    "constructor(uint8 _decimals, int256 _initialAnswer)",
    "event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt)",
    "event NewRound(uint256 indexed roundId, address indexed startedBy, uint256 startedAt)",
    "function decimals() view returns (uint8)",
    "function description() pure returns (string)",
    "function getAnswer(uint256) view returns (int256)",
    "function getRoundData(uint80 _roundId) view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
    "function getTimestamp(uint256) view returns (uint256)",
    "function latestAnswer() view returns (int256)",
    "function latestRound() view returns (uint256)",
    "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
    "function latestTimestamp() view returns (uint256)",
    "function updateAnswer(int256 _answer)",
    "function updateRoundData(uint80 _roundId, int256 _answer, uint256 _timestamp, uint256 _startedAt)",
    "function version() view returns (uint256)"
  ],
  bytecode: "0x608060405234801561000f575f5ffd5b5060405161050c38038061050c83398101604081905261002e916100a0565b5f805460ff191660ff84161790556100458161004c565b50506100f5565b60018190554260025560038054905f610064836100d1565b9091555050600380545f908152600460209081526040808320949094558254825260058152838220429081905592548252600690529190912055565b5f5f604083850312156100b1575f5ffd5b825160ff811681146100c1575f5ffd5b6020939093015192949293505050565b5f600182016100ee57634e487b7160e01b5f52601160045260245ffd5b5060010190565b61040a806101025f395ff3fe608060405234801561000f575f5ffd5b50600436106100cf575f3560e01c80638205bf6a1161007d578063b5ab58dc11610058578063b5ab58dc14610251578063b633620c14610270578063feaf968c1461028f575f5ffd5b80638205bf6a146101b85780639a6fc8f5146101c1578063a87a20ce1461023e575f5ffd5b806354fd4d50116100ad57806354fd4d5014610169578063668a0f02146101705780637284e41614610179575f5ffd5b8063313ce567146100d35780634aa2011f146100f657806350d25bcd14610152575b5f5ffd5b5f546100df9060ff1681565b60405160ff90911681526020015b60405180910390f35b61015061010436600461032b565b69ffffffffffffffffffff9093166003818155600184905560028390555f9182526004602090815260408084209590955581548352600581528483209390935554815260069091522055565b005b61015b60015481565b6040519081526020016100ed565b61015b5f81565b61015b60035481565b604080518082018252601f81527f76302e382f74657374732f4d6f636b563341676772656761746f722e736f6c00602082015290516100ed9190610361565b61015b60025481565b6102076101cf366004610396565b69ffffffffffffffffffff81165f90815260046020908152604080832054600683528184205460059093529220549293919290918490565b6040805169ffffffffffffffffffff968716815260208101959095528401929092526060830152909116608082015260a0016100ed565b61015061024c3660046103b6565b6102b9565b61015b61025f3660046103b6565b60046020525f908152604090205481565b61015b61027e3660046103b6565b60056020525f908152604090205481565b6003545f818152600460209081526040808320546006835281842054600590935292205483610207565b60018190554260025560038054905f6102d1836103cd565b9091555050600380545f908152600460209081526040808320949094558254825260058152838220429081905592548252600690529190912055565b803569ffffffffffffffffffff81168114610326575f5ffd5b919050565b5f5f5f5f6080858703121561033e575f5ffd5b6103478561030d565b966020860135965060408601359560600135945092505050565b602081525f82518060208401528060208501604085015e5f604082850101526040601f19601f83011684010191505092915050565b5f602082840312156103a6575f5ffd5b6103af8261030d565b9392505050565b5f602082840312156103c6575f5ffd5b5035919050565b5f60018201610403577f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b506001019056",
  runtime: {"hash":"0xb2e64d1249e9002945044a78a89ff6283c623dac1209d8293f15d3e0b4d4ec7f","immutables":[]},
};
