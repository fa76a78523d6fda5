#pragma once
#include "CoreMinimal.h"

class ILiveLinkClient;

class ILiveLinkSource
{
public:
    virtual ~ILiveLinkSource() = default;
    virtual void ReceiveClient(ILiveLinkClient* client, FGuid source) = 0;
    virtual bool IsSourceStillValid() const = 0;
    virtual bool RequestSourceShutdown() = 0;
    virtual FText GetSourceType() const = 0;
    virtual FText GetSourceMachineName() const = 0;
    virtual FText GetSourceStatus() const = 0;
};
