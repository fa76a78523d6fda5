#pragma once
#include "ILiveLinkSource.h"

class ULiveLinkSourceFactory
{
public:
    enum class EMenuType
    {
        SubPanel,
        MenuEntry,
        Disabled,
    };

    virtual ~ULiveLinkSourceFactory() = default;
    virtual FText GetSourceDisplayName() const = 0;
    virtual FText GetSourceTooltip() const = 0;
    virtual EMenuType GetMenuType() const { return EMenuType::SubPanel; }
    virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString&) const { return TSharedPtr<ILiveLinkSource>(); }
};
